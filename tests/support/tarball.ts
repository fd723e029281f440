import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join, relative } from "node:path";
import { expect } from "vitest";
import { root } from "./cli.js";

export interface Packed {
  /** The copy of the tree that it was made from. */
  tree: string;
  /** Path of the .tgz. */
  tarball: string;
  /** Every file of the tree that it was made from, nothing built among them. */
  sources: string[];
}

/** What is made in the tree, or is no part of it. */
const MADE = [
  ...[
    ".git",
    ".venv",
    "data",
    "dist",
    "native/build",
    "native/prebuilt/linux-x64",
    "node_modules",
    "results",
  ],
  "benchmarks/peers/.venv",
].map((path) => join(root, path));

/** `npm pack` of a copy of the tree: it compiles src/ and the kernels anew, and other tests use those of the tree. */
export function packTree(folder: string): Packed {
  const copy = join(folder, "tree");
  cpSync(root, copy, { recursive: true, filter: (path) => !MADE.includes(path) });
  cpSync(join(root, "results", "paper"), join(copy, "results", "paper"), { recursive: true }); // it has no place in it
  const sources = filesOf(copy);
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  const output = execFileSync("npm", ["pack", "--silent", "--pack-destination", folder], {
    cwd: copy,
    encoding: "utf8",
  });
  const [name] = output.trim().split("\n").slice(-1);
  return { tree: copy, tarball: join(folder, name), sources };
}

/** What the kernels are built from, none built, in another folder. */
export function copyKernels({ tree }: Packed, folder: string): void {
  mkdirSync(join(folder, "node_modules"), { recursive: true });
  for (const part of ["native", "scripts", "package.json"]) {
    cpSync(join(tree, part), join(folder, part), {
      recursive: true,
      filter: (path) =>
        !["build", "prebuilt/linux-x64"].map((name) => join(tree, "native", name)).includes(path),
    });
  }
  const headers = join("node_modules", "node-api-headers");
  symlinkSync(join(root, headers), join(folder, headers));
}

/** Every file below a folder, by its path in it. */
export function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

/** A folder that alone is a PATH, with Node, npm and a shell but no compiler; `node` is another Node's program. */
export function toolFolder(folder: string, node = process.execPath): string {
  mkdirSync(folder, { recursive: true });
  symlinkSync(node, join(folder, "node"));
  for (const tool of ["npm", "npx", "sh"]) symlinkSync(realpathOf(tool), join(folder, tool));
  return folder;
}

function realpathOf(tool: string): string {
  const found = (process.env.PATH ?? "").split(delimiter).flatMap((folder) => {
    try {
      return [realpathSync(join(folder, tool))];
    } catch {
      return []; // not in this folder of PATH
    }
  });
  if (!found[0]) throw new Error(`${tool} is not on the PATH`);
  return found[0];
}

/** An empty project of a user, with a PATH of its own. `run` expects exit code 0 and gives the output. */
export function createProject(folder: string, path: string, manifest: object = {}) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  return {
    folder,
    run(command: string, ...args: string[]): { stdout: string; stderr: string } {
      const env = { ...process.env, PATH: path };
      const { status, error, stdout, stderr } = spawnSync(command, args, {
        cwd: folder,
        env,
        encoding: "utf8",
      });
      expect(status, `${command} ${args.join(" ")}\n${error ?? ""}${stdout}${stderr}`).toBe(0);
      return { stdout, stderr };
    },
  };
}
