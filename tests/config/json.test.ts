// JSON that somebody edited: what is read all the same, and what is named.

import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseJson } from "../../src/json.js";
import { root, rpBench, temporaryFolder } from "../support/cli.js";

const parse = (text: string) => parseJson(Buffer.from(text));

describe("parseJson", () => {
  it.each([
    ["plain", '{"a": [1, {"a": "x // no comment, /* nor this */ # nor this"}], "b": {"a": null}}'],
    ["with a byte order mark", '\ufeff{"a": 1}'],
    ["with line ends of another system", '{\r\n  "a": "b",\r\n  "c": 1\r\n}\r\n'],
    ["with quotes and braces in texts", '{"a\\"{": "}\\\\", "b": ["\\"", "{"], "a": {}}'],
  ])("reads what is %s", (_, text) => {
    expect(parse(text)).toEqual(JSON.parse(text.replace("\ufeff", "")));
  });

  it.each([
    [
      "twice",
      '{\n "epochs": 1,\n "seed": 0,\n "epochs": 2\n}',
      'has "epochs" twice in one object, in lines 2 and 4',
    ],
    [
      "twice, deep inside",
      '[{"a": [{"b": 1, "c": {"b": 2}, "b": 3}]}]',
      'has "b" twice in one object, in lines 1 and 1',
    ],
    [
      "twice, in two spellings",
      '{"ab": 1,\n"\\u0061b"\n: 2}',
      'has "ab" twice in one object, in lines 1 and 2',
    ],
    ["a comment to the end of the line", '{\n  // epochs\n  "a": 1}', "not JSON (line 2 holds a comment,"],
    ["a comment between", '{"a": 1 /* one */}', "not JSON (line 1 holds a comment,"],
    ["a comment of another language", '{"a": 1}\n# more', "not JSON (line 2 holds a comment,"],
    ["an end that is missing", '{"a": "b', "not JSON ("],
    ["nothing", "", "not JSON ("],
  ])("names %s", (_, text, message) => {
    expect(() => parse(text)).toThrow(message);
  });

  it("names an encoding that is not UTF-8", () => {
    expect(() => parseJson(Buffer.from('\ufeff{"a": 1}', "utf16le"))).toThrow(
      "encoded as UTF-16: save it as",
    );
    expect(() => parseJson(Buffer.from('{"a": "\xe9"}', "latin1"))).toThrow(
      "not encoded as UTF-8: save it so",
    );
  });
});

describe("every command that reads JSON", () => {
  const network = ["--train-limit", "200", "--epochs", "1", "--layers", "784,4,784", "--batch-size", "20"];
  const baseline = join(root, "configs", "ci-baseline", "baseline.json");

  it.each<[string, string, (path: string) => string[]]>([
    ["run", "config.json", (path) => ["run", "--config", path]],
    ["sweep", "study.json", (path) => ["sweep", path, "--dry-run"]],
    ["check", "check.json", (path) => ["check", "--config", path]],
  ])("refuses two values of one key: %s", async (_, name, args) => {
    const path = join(temporaryFolder(), name);
    writeFileSync(path, '{\n "batchSize": 20,\n "batchSize": 30\n}');
    const { code, stderr } = await rpBench(args(path));
    expect([code, stderr]).toEqual([
      2,
      `rp-bench: ${path}: has "batchSize" twice in one object, in lines 2 and 3: take one out\n`,
    ]);
  });

  it("refuses them in a baseline and in a result folder, and reads both with a byte order mark", async () => {
    const folder = temporaryFolder();
    const marked = (path: string, before = "") =>
      writeFileSync(path, `\ufeff${before}${readFileSync(path, "utf8")}`);
    cpSync(baseline, join(folder, "baseline.json"));
    writeFileSync(join(folder, "baseline.json"), '{ "a": 1, "a": 2 }');
    const check = await rpBench(["check", "--baseline", folder]);
    expect([check.code, check.stderr]).toEqual([2, expect.stringContaining('baseline.json: has "a" twice')]);

    const out = join(folder, "out");
    const run = ["run", ...network, "--optimizer", "sgd", "--out", out];
    expect((await rpBench(run)).code).toBe(0);
    for (const name of ["manifest.json", join("runs", "mnist-sgd-lr5-seed0.json")]) marked(join(out, name));
    const again = await rpBench(run);
    expect([again.code, again.stderr]).toEqual([0, expect.stringContaining("SGD, rate 5: kept, done")]);
    const manifest = join(out, "manifest.json");
    writeFileSync(manifest, readFileSync(manifest, "utf8").replace("{", '{ "command": "run",'));
    const twice = await rpBench(run);
    expect([twice.code, twice.stderr]).toEqual([
      2,
      expect.stringContaining('has "command" twice in one object'),
    ]);
  });
});
