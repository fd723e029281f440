import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { expect } from "vitest";
import { root } from "./cli.js";

export interface Packed {
  /** Path of the .tgz. */
  tarball: string;
  /** Every file of the tree it was made from, nothing built among them. */
  sources: string[];
}

/** `npm pack` of a copy of the tree: it compiles src/ and the kernels anew, and other tests use those of the tree. */
export function packTree(folder: string): Packed {
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
  });
  const sources = listed.split("\0").filter((path) => path && existsSync(join(root, path)));
  const copy = join(folder, "tree");
  for (const path of sources) cpSync(join(root, path), join(copy, path));
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  const output = execFileSync("npm", ["pack", "--silent", "--pack-destination", folder], {
    cwd: copy,
    encoding: "utf8",
  });
  const [name] = output.trim().split("\n").slice(-1);
  return { tarball: join(folder, name), sources };
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
