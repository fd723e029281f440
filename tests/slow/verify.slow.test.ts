// `rp-bench verify` passes a whole study and a run's folder, and finds whatever was tampered with.

import { createHash } from "node:crypto";
import { appendFileSync, cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { root, rpBench, sharedFolder, temporaryFolder } from "../support/cli.js";
import { writeStudy } from "../support/study.js";

const folder = sharedFolder();
const study = join(folder, "study");

beforeAll(async () => {
  const { code } = await rpBench(["sweep", writeStudy(folder), "--out", study, "--quiet"]);
  expect(code).toBe(0);
});

/** A copy of the study with a file of it changed. */
function changed(file: string, change: (text: string) => string): string {
  const copy = join(temporaryFolder(), "study");
  cpSync(study, copy, { recursive: true });
  writeFileSync(join(copy, file), change(readFileSync(join(copy, file), "utf8")));
  return copy;
}

describe("rp-bench verify", () => {
  it("finds that a study is what its runs give, and trains some again to the same digits", async () => {
    const { code, stdout, stderr } = await rpBench(["verify", study, "--rerun", "3"]);
    expect(stdout).toMatch(/^dataset mnist +ok +the known files, as those in /m);
    expect(stdout).toMatch(/^runs +ok +\d+ logs are those that their records were written for$/m);
    for (const file of ["summary.csv", "tuning.csv", "selection.csv", "findings.md"])
      expect(stdout).toMatch(new RegExp(`^${file} +ok +\\d+ lines follow from the runs$`, "m"));
    const again = stdout.match(/^mnist-\S+, trained again +ok +the same losses, to the last digit$/gm);
    expect(new Set(again).size).toBe(3);
    expect(stderr.match(/: trained again\n/g)).toHaveLength(3);
    expect(stdout).toMatch(/^times +not verifiable +seconds/m);
    expect(stdout).toMatch(/\n\nnothing differs; not verified: times\n$/);
    expect(code).toBe(0);
  });

  it.each<[string, string, (text: string) => string, RegExp]>([
    [
      "a summary's loss",
      "summary.csv",
      (text) => text.replace(/0\.0\d+/, "0.01"),
      /^summary\.csv +differs +line 2 is "mnist,.*,0\.01,.*", the runs give "mnist,/m,
    ],
    [
      "a choice",
      "selection.csv",
      (text) => text.replace(",yes,", ",no,"),
      /^selection\.csv +differs +line \d+ is ".*,no,no,.*", the runs give/m,
    ],
    [
      "a finding",
      "findings.md",
      (text) => text.replace("# Findings", "# Findings\n\nRP wins."),
      /^findings\.md +differs +line 3 is "RP wins\.", the runs give "Written by/m,
    ],
    [
      "a log",
      "runs/mnist-rp-lr1-seed1000.csv",
      (text) => text.replace(/\d\n$/, "0\n"),
      /^runs +differs +\S+mnist-rp-lr1-seed1000\.csv: is not the log that its record was written for$/m,
    ],
    [
      "a dataset's checksum",
      "manifest.json",
      (text) => text.replace(/("train-images-idx3-ubyte": ")[0-9a-f]{8}/, "$100000000"),
      /^dataset mnist +differs +train-images-idx3-ubyte is not the known file, and the manifest says it is$/m,
    ],
  ])("finds %s that was changed", async (_, file, change, message) => {
    const { code, stdout } = await rpBench(["verify", changed(file, change)]);
    expect(stdout).toMatch(message);
    expect(stdout).toMatch(/\n\n\d differences?\n$/);
    expect(code).toBe(1);
  });

  it("finds a run that does not train to its log's losses", async () => {
    const name = "mnist-rp-lr1-seed1000";
    // One loss by a hundredth, and a record that goes with it.
    const copy = changed(`runs/${name}.csv`, (text) =>
      text.replace(/(0\.\d+)\n$/, (_, loss) => `${Number(loss) * 1.01}\n`),
    );
    const record = join(copy, "runs", `${name}.json`);
    const log = readFileSync(join(copy, "runs", `${name}.csv`));
    const sha256 = createHash("sha256").update(log).digest("hex");
    writeFileSync(record, readFileSync(record, "utf8").replace(/[0-9a-f]{64}/, sha256));
    const { code, stdout } = await rpBench(["verify", copy, "--rerun", "999", "--json", "--quiet"]);
    const again = (JSON.parse(stdout).verifications as Record<string, string>[]).filter(({ what }) =>
      what.includes("trained again"),
    );
    expect(again.filter(({ state }) => state === "differs")).toEqual([
      { what: `${name}, trained again`, state: "differs", detail: "losses differ by up to 0.99 %" },
    ]);
    expect(again.at(-1)).toMatchObject({ what: "more, trained again", state: "not verified" });
    expect(code).toBe(1);
  });

  it("is not fooled by losses that are all a little better, and a folder that agrees with itself", async () => {
    const name = "mnist-rp-lr1-seed1000";
    const copy = changed(`runs/${name}.csv`, (text) =>
      text.replace(/0\.\d+/g, (loss) => String(Number(loss) * 0.9991)),
    );
    const record = join(copy, "runs", `${name}.json`);
    const sha256 = createHash("sha256")
      .update(readFileSync(join(copy, "runs", `${name}.csv`)))
      .digest("hex");
    writeFileSync(record, readFileSync(record, "utf8").replace(/[0-9a-f]{64}/, sha256));
    const { code, stdout } = await rpBench(["verify", copy, "--rerun", "999", "--quiet"]);
    expect(stdout).toMatch(
      new RegExp(`^${name}, trained again +differs +losses differ by up to 0\\.09`, "m"),
    );
    expect(code).toBe(1);
    // Kernels that round otherwise cannot tell.
    const env = { RP_BENCH_INSTRUCTION_SET: "portable" };
    const portable = await rpBench(["verify", copy, "--rerun", "999", "--quiet"], { env });
    expect(portable.stdout).toMatch(
      new RegExp(
        `^${name}, trained again +not verified +losses differ by .* portable here rounds otherwise`,
        "m",
      ),
    );
  });

  it("finds a run under another's name, and one that is not as the configuration has it", async () => {
    const copy = changed("manifest.json", (text) => text);
    for (const extension of ["csv", "json"]) {
      const [from, to] = [0, 1].map((seed) =>
        join(copy, "runs", `mnist-rp-lr1-seed${1000 + seed}.${extension}`),
      );
      cpSync(from, to);
    }
    expect((await rpBench(["verify", copy])).stdout).toMatch(
      /^runs +differs +\S+seed1001\.json: is the record of another run$/m,
    );
    const longer = changed("manifest.json", (text) => text.replace('"tuningEpochs": 1', '"tuningEpochs": 2'));
    expect((await rpBench(["verify", longer])).stdout).toMatch(
      /^runs +differs +\S+: it is done after 1 epochs, the run has 2$/m,
    );
  });

  it("says which runs cannot be trained again, and keeps what it found", async () => {
    const copy = changed("manifest.json", (text) =>
      text
        .replace(/("train-images-idx3-ubyte": ")[0-9a-f]{8}/, "$100000000")
        .replace('"verified": true', '"verified": false'),
    );
    const { code, stdout } = await rpBench(["verify", copy, "--rerun", "2", "--quiet"]);
    expect(stdout).toMatch(/^findings\.md +ok/m);
    expect(stdout).toMatch(
      /^more, trained again +not verified +only 0 of \d+ finished runs can be; \S+: train-images-idx3-ubyte is not the file/m,
    );
    expect(code).toBe(0);
  });

  it("reads a run's folder", async () => {
    const out = join(temporaryFolder(), "results");
    const tiny = ["--train-limit", "200", "--epochs", "1", "--layers", "784,4,784", "--batch-size", "20"];
    expect((await rpBench(["run", ...tiny, "--optimizer", "sgd", "--out", out, "--quiet"])).code).toBe(0);
    const { code, stdout } = await rpBench(["verify", out, "--rerun", "1", "--quiet"]);
    expect(stdout).toMatch(/^summary\.csv +ok +2 lines/m);
    expect(stdout).toMatch(
      /^mnist-sgd-lr5-seed0, trained again +ok +the same losses and parameters, to the last/m,
    );
    expect(stdout).toMatch(/^parameters +ok +1 files are those that their runs ended with$/m);
    expect(code).toBe(0);
    const parameters = join(out, "runs", "mnist-sgd-lr5-seed0.safetensors");
    const bytes = readFileSync(parameters);
    bytes[bytes.length - 1] ^= 1;
    writeFileSync(parameters, bytes);
    const overwritten = await rpBench(["verify", out]);
    expect([overwritten.code, overwritten.stdout]).toEqual([
      1,
      expect.stringMatching(
        /^parameters +differs +\S+\.safetensors: are not the parameters that the run ended/m,
      ),
    ]);
    appendFileSync(join(out, "summary.csv"), "more\n");
    expect((await rpBench(["verify", out])).stdout).toMatch(/differs +line 3 is "more", the runs give ""/);
  });

  it("finds the committed study whole", async () => {
    const env = { XDG_CACHE_HOME: temporaryFolder(), RP_BENCH_DATA: "" };
    const { code, stdout } = await rpBench(["verify", join(root, "results", "paper")], { env });
    expect(stdout).toMatch(/^runs +ok +135 logs/m);
    expect(stdout).toMatch(/^dataset cifar10 +not verified +files other than the known ones/m);
    expect(stdout).toMatch(
      /\n\nnothing differs; not verified: dataset cifar10, findings.md, times, losses\n$/,
    );
    expect(code).toBe(0);
  });

  it.each<[string, (copy: string) => void, RegExp]>([
    [
      "of another version",
      (copy) => {
        const path = join(copy, "manifest.json");
        writeFileSync(path, readFileSync(path, "utf8").replace('"formatVersion": 3', '"formatVersion": 9'));
      },
      /manifest\.json: is of format 9, this program reads 1 to 3; use the version of rp-bench that made it\n$/,
    ],
    [
      "of another command",
      (copy) => {
        const path = join(copy, "manifest.json");
        writeFileSync(path, readFileSync(path, "utf8").replace('"command": "sweep"', '"command": "cook"'));
      },
      /manifest\.json: was made by cook; verify reads what run and sweep make\n$/,
    ],
    [
      "whose manifest is damaged",
      (copy) => writeFileSync(join(copy, "manifest.json"), "{"),
      /manifest\.json: not JSON \(/,
    ],
  ])("refuses a folder %s", async (_, damage, message) => {
    const copy = changed("manifest.json", (text) => text);
    damage(copy);
    const { code, stdout, stderr } = await rpBench(["verify", copy]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^rp-bench: [^\n]+\n$/);
    expect(stderr).toMatch(message);
  });

  it("refuses what is no result folder, and a count that is none", async () => {
    const empty = temporaryFolder();
    expect(await rpBench(["verify", empty])).toMatchObject({
      code: 2,
      stderr: `rp-bench: ${empty}: not a result folder, it has no manifest.json\n`,
    });
    expect(await rpBench(["verify", study, "--rerun", "1.5"])).toMatchObject({
      code: 2,
      stderr: "rp-bench: --rerun: must be a whole number of runs, got 1.5\n",
    });
  });
});
