// What git does with the files of a clone: bytes that checksums speak of stay as they are, data/ stays out.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "../support/cli.js";

const git = (args: string[], input = "") =>
  spawnSync("git", args, { cwd: root, input, encoding: "utf8", maxBuffer: 2 ** 26 }).stdout;
const filesOf = (...folders: string[]) => git(["ls-files", "-z", ...folders]);
/** Values of an attribute, each once. */
const valuesOf = (attribute: string, files: string) => {
  const answers = git(["check-attr", "--stdin", "-z", attribute], files).split("\0");
  return [...new Set(answers.filter((_, index) => index % 3 === 2))];
};

describe.skipIf(!existsSync(join(root, ".git")))("a clone, whatever core.autocrlf says", () => {
  it.each(["results", "tests/fixtures", "configs/ci-baseline"])("keeps the bytes of %s", (folder) => {
    expect(valuesOf("text", filesOf(folder))).toEqual(["unset"]);
  });

  it("has line feeds in all other text", () => {
    expect(valuesOf("eol", filesOf("src", "bin", "configs", "docs", "native", "scripts"))).toEqual(["lf"]);
  });

  it("has data/ with nothing in it but the file that says what goes there", () => {
    expect(filesOf("data")).toBe("data/README.md\0");
    expect(git(["check-ignore", "data/cifar10/data_batch_1.bin", "src/data/idx.ts"])).toBe(
      "data/cifar10/data_batch_1.bin\n",
    );
  });
});
