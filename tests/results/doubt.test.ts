// What draws and compares results, and what it makes of those that are not to be believed.

import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { rpBench, sharedFolder, temporaryFolder } from "../support/cli.js";

const folder = sharedFolder();
const made = join(folder, "made");
const name = "mnist-sgd-lr5-seed0";
const run = (out: string) => {
  const network = ["--train-limit", "200", "--epochs", "1", "--layers", "784,4,784", "--batch-size", "20"];
  return rpBench(["run", ...network, "--optimizer", "sgd", "--out", out]);
};

beforeAll(async () => {
  expect((await run(made)).code).toBe(0);
});

function changed(file: string, change: (text: string) => string): string {
  const copy = join(temporaryFolder(), "out");
  cpSync(made, copy, { recursive: true });
  writeFileSync(join(copy, file), change(readFileSync(join(copy, file), "latin1")), "latin1");
  return copy;
}

describe.each<[string, (out: string) => string[]]>([
  ["plot", (out) => ["plot", out]],
  ["compare", (out) => ["compare", made, out]],
])("rp-bench %s", (_, args) => {
  it("says nothing of a folder as it was made", async () => {
    expect(await rpBench(args(made))).toMatchObject({ code: 0, stderr: "" });
  });

  it("refuses another format", async () => {
    const other = changed("manifest.json", (text) =>
      text.replace('"formatVersion": 3', '"formatVersion": 9'),
    );
    expect(await rpBench(args(other))).toMatchObject({
      code: 2,
      stderr: `rp-bench: ${join(other, "manifest.json")}: is of format 9, this program reads 1 to 3; use the version of rp-bench that made it\n`,
    });
  });

  it("warns of a log that is not its record's", async () => {
    const other = changed(join("runs", `${name}.csv`), (text) => text.replace(/\d\n$/, "0\n"));
    const { code, stderr } = await rpBench(args(other));
    expect([code, stderr]).toEqual([
      0,
      `rp-bench: warning: ${join(other, "runs", `${name}.csv`)}: is not the log that its record was written for; rp-bench verify ${other} tells more\n`,
    ]);
  });
});

it("makes a run again whose parameters are not those it ended with", async () => {
  const other = changed(join("runs", `${name}.safetensors`), (text) => `${text.slice(0, -1)}?`);
  const { code, stderr } = await run(other);
  expect(code).toBe(0);
  expect(stderr).toContain("SGD, rate 5: done");
  const file = (out: string) => readFileSync(join(out, "runs", `${name}.safetensors`));
  expect(file(other).equals(file(made))).toBe(true);
});

it("compares with a loss of 0 without a share of nothing", async () => {
  const zero = changed(join("runs", `${name}.csv`), (text) => text.replace(/[^,]+\n$/, "0\n"));
  const shares = async (a: string, b: string) => {
    const { code, stdout } = await rpBench(["compare", a, b]);
    expect([code, stdout.match(/Infinity|NaN/)]).toEqual([0, null]);
    return stdout.match(/(\S+ %|–) +(\(1 paired\))?/)?.[0].trim();
  };
  expect(await shares(zero, zero)).toBe("0.0 % (1 paired)");
  expect(await shares(made, zero)).toBe("-100.0 % (1 paired)");
  expect(await shares(zero, made)).toBe("–");
});
