// What of the page is written after its build: a policy that lets nothing leave its origin, and the service worker that
// keeps a copy for when there is no network.

import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

const POLICY = [
  ...["default-src 'self'", "script-src 'self' 'wasm-unsafe-eval'", "img-src 'self' data:"],
  ...["object-src 'none'", "base-uri 'none'", "form-action 'none'"],
].join("; ");

/** Not while it is edited: Vite's own server puts styles into the page. */
export function contentPolicy(): Plugin {
  return {
    name: "content-policy",
    apply: "build",
    transformIndexHtml: () => [
      {
        ...{ tag: "meta", injectTo: "head-prepend" },
        attrs: { "http-equiv": "Content-Security-Policy", content: POLICY },
      },
    ],
  };
}

const WORKER = "service-worker.js";

export function serviceWorker(): Plugin {
  let folder = "";
  return {
    name: "service-worker",
    apply: "build",
    configResolved(config) {
      folder = config.build.outDir;
    },
    writeBundle() {
      const files = filesIn(folder).filter((path) => path !== WORKER);
      const hash = createHash("sha256");
      for (const path of files) hash.update(`${path}\0`).update(readFileSync(join(folder, path)));
      const version = hash.digest("hex").slice(0, 16);
      const code = readFileSync(fileURLToPath(new URL("./service-worker.js", import.meta.url)), "utf8");
      const constants = `const VERSION = ${JSON.stringify(version)};\nconst FILES = ${JSON.stringify(files)};\n`;
      writeFileSync(join(folder, WORKER), constants + code);
    },
  };
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .sort();
}
