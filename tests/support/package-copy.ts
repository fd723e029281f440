import { cpSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { root, temporaryFolder } from "./cli.js";

/**
 * The package as installed, in a folder of its own, without a native build and sources unless asked; dependencies are
 * links.
 */
export function copyPackage(
  options: { without?: string; native?: boolean; sources?: boolean; folder?: string } = {},
): string {
  const copy = join(options.folder ?? temporaryFolder(), "rp-bench");
  mkdirSync(join(copy, "node_modules"), { recursive: true });
  const sources = options.sources ? ["src", "tsconfig.json", "tsconfig.build.json"] : [];
  for (const part of ["bin", "configs", "dist", "package.json", "scripts", ...sources]) {
    cpSync(join(root, part), join(copy, part), { recursive: true });
  }
  const compiled = ["build", "prebuilt/linux-x64"].map((name) => join(root, "native", name));
  // Beside the kernels, a compiler's hundreds of megabytes may lie in native/build.
  const isWanted = (path: string) =>
    dirname(path) === compiled[0] ? path.endsWith(".node") : options.native || !compiled.includes(path);
  cpSync(join(root, "native"), join(copy, "native"), { recursive: true, filter: isWanted });
  for (const name of readdirSync(join(root, "node_modules"))) {
    if (name === options.without) continue;
    symlinkSync(join(root, "node_modules", name), join(copy, "node_modules", name));
  }
  return copy;
}
