// Compiles src/ into dist/, anew. Without TypeScript (npm ci --omit=dev) a dist/ that is there stays as it is.
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
} else {
  console.error(
    "rp-bench: TypeScript is not installed, dist/ is left as it is; to build it: npm ci && npm run build",
  );
}
