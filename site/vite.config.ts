// The page of site/: `npm run build:site` makes static files of it in site/dist, `npm run site` serves it while it is edited.

import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { generated } from "./build/generated.js";
import { nothingOfNode } from "./build/nothing-of-node.js";
import { contentPolicy, serviceWorker } from "./build/offline.js";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: at("."),
  base: "./", // from whatever folder of a server it is served
  publicDir: at("./generated"),
  plugins: [generated(at("./generated")), nothingOfNode(), contentPolicy(), serviceWorker()],
  worker: { format: "es", plugins: () => [nothingOfNode()] },
  build: { outDir: at("./dist"), emptyOutDir: true, target: "es2022", assetsInlineLimit: 0 },
  server: { fs: { allow: [at("..")] } },
});
