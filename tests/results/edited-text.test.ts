// Result folders that went through git or an editor.

import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { sha256Of } from "../../src/checksum.js";
import { asWrittenText, textWithSum } from "../../src/results/edited-text.js";
import { rpBench, sharedFolder, temporaryFolder } from "../support/cli.js";

const TEXT = "a,b\n1,2\n";

describe("a text", () => {
  it.each<[string, string, boolean]>([
    ["as it was written", TEXT, false],
    ["with other line ends", "a,b\r\n1,2\r\n", true],
    ["with a byte order mark", `\ufeff${TEXT}`, true],
    ["without its last line end", "a,b\n1,2", true],
    ["with one more", `${TEXT}\n`, true],
  ])("is known %s", (_, text, edited) => {
    expect(textWithSum(Buffer.from(text), sha256Of(Buffer.from(TEXT)))).toEqual({ text: TEXT, edited });
    expect(asWrittenText(text)).toBe(TEXT);
  });

  it("is another with another value", () => {
    expect(textWithSum(Buffer.from("a,b\r\n1,3\r\n"), sha256Of(Buffer.from(TEXT)))).toBeNull();
  });
});

describe("a folder whose line ends were changed", () => {
  const folder = sharedFolder();
  const made = join(folder, "made");
  const run = (out: string) => {
    const network = ["--train-limit", "200", "--epochs", "1", "--layers", "784,4,784", "--batch-size", "20"];
    return rpBench(["run", ...network, "--optimizer", "sgd", "--optimizer", "adam", "--out", out]);
  };
  const copy = (change: (text: string) => string): string => {
    const out = join(temporaryFolder(), "out");
    cpSync(made, out, { recursive: true });
    for (const name of readdirSync(out, { recursive: true, encoding: "utf8" })) {
      if (!/\.(csv|json)$/.test(name)) continue;
      writeFileSync(join(out, name), change(readFileSync(join(out, name), "utf8")));
    }
    return out;
  };
  const windows = (text: string) => `\ufeff${text.replaceAll("\n", "\r\n")}`;

  beforeAll(async () => {
    expect((await run(made)).code).toBe(0);
  });

  it("keeps its runs", async () => {
    const { code, stderr } = await run(copy(windows));
    expect(code).toBe(0);
    expect(stderr.match(/: kept, done/g)).toHaveLength(2);
  });

  it("is verified, and said to be so", async () => {
    const { code, stdout } = await rpBench(["verify", copy(windows)]);
    expect(stdout).toMatch(
      /^runs +ok +2 logs are those that their records were written for; the line ends of 2 were changed, as git and editors do$/m,
    );
    expect(stdout).toMatch(
      /^summary\.csv +ok +3 lines follow from the runs; its line ends were changed, as git/m,
    );
    expect(code).toBe(0);
  });

  it("is found out where a value changed as well", async () => {
    const other = copy((text) => windows(text.replace(/^0,0,0,0\./m, "0,0,0,1.")));
    const { code, stdout } = await rpBench(["verify", other]);
    expect([code, stdout]).toEqual([1, expect.stringMatching(/^runs +differs +\S+\.csv: is not the log/m)]);
    const table = copy((text) => windows(text.replace(",done,", ",diverged,")));
    // The line that differs, without what cannot be seen of it.
    expect((await rpBench(["verify", table])).stdout).toMatch(
      /^summary\.csv +differs +line 2 is "mnist,[^"\r]+", the runs give "mnist,/m,
    );
  });
});
