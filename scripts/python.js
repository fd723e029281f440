// Programs from PyPI, each of one version, in a virtual environment of Python of its own below native/build, which git
// ignores. The first use makes it.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const build = join(dirname(fileURLToPath(import.meta.url)), "..", "native", "build");

/** The path of a Python that has this package. */
export function pythonWith(name, version) {
  const folder = join(build, name);
  const python = join(folder, "bin", "python");
  const stamp = join(folder, "requirement");
  const requirement = `${name}==${version}`;
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === requirement) return python;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(build, { recursive: true });
  execFileSync("python3", ["-m", "venv", folder]);
  execFileSync(python, ["-m", "pip", "install", "--quiet", requirement], {
    stdio: ["ignore", "inherit", "pipe"],
    encoding: "utf8",
  });
  writeFileSync(stamp, requirement);
  return python;
}
