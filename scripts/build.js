// Compiles src/ into dist/, anew, and bundles the code of the report's page. Without TypeScript (npm ci --omit=dev) a
// dist/ that is there stays as it is.
import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
if (existsSync(compiler)) {
  rmSync(join(root, "dist"), { recursive: true, force: true });
  process.exitCode = spawnSync(process.execPath, [compiler, "-p", "tsconfig.build.json"], {
    cwd: root,
    stdio: "inherit",
  }).status;
  await bundlePage();
} else {
  console.error(
    "rp-bench: TypeScript is not installed, dist/ is left as it is; to build it: npm ci && npm run build",
  );
}

/** The page is one file, so its libraries are in it; what their licences ask for stays at the end. */
async function bundlePage() {
  const { build } = await import("esbuild");
  const page = join(root, "src", "report", "page");
  await build({
    entryPoints: { page: join(page, "main.ts"), "page-style": join(page, "page.css") },
    outdir: join(root, "dist", "report-page"),
    ...{ bundle: true, minify: true, format: "iife", platform: "browser", target: "es2022" },
    ...{ legalComments: "eof", charset: "utf8", logLevel: "warning", absWorkingDir: root },
    tsconfig: join(page, "tsconfig.json"),
  });
}
