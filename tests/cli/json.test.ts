// What --json and --json-lines print, beside the schemas that are published for it.

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { outputSchemas } from "../../src/results/output-schemas.js";
import { readResults } from "../../src/results/results.js";
import { readRunLog } from "../../src/results/run-log.js";
import { call } from "../support/call.js";
import { root, sharedFolder, start, temporaryFolder } from "../support/cli.js";
import { makeFolder } from "../support/result-folders.js";
import { linesOf, misfits } from "../support/schema.js";
import { writeStudy } from "../support/study.js";

const small = ["--train-limit", "100", "--epochs", "1", "--batch-size", "30", "--layers", "784,4,784"];
const quick = [...small, "--threads", "1", "--no-save-parameters", "--quiet"];

it("publishes the schemas that the program's own give: npm run schemas", () => {
  for (const [name, text] of Object.entries(outputSchemas())) {
    expect(JSON.parse(readFileSync(join(root, "docs", "schemas", name), "utf8"))).toEqual(JSON.parse(text));
  }
});

it("finds what does not fit a schema", () => {
  expect(misfits("run", [{ error: { code: "USAGE", message: "" }, exitCode: 2 }])).toEqual([]);
  expect(misfits("run", [{ error: { code: "USAGE" }, exitCode: 2 }])).toHaveLength(1);
  expect(
    misfits("lines", [{ event: "error", error: { code: "A", message: "" }, exitCode: 2, exit_code: 2 }]),
  ).toHaveLength(1);
});

describe("run", () => {
  const out = join(sharedFolder(), "out");
  const two = [
    "run",
    ...quick,
    "--optimizer",
    "rp",
    "--lr",
    "auto",
    "--optimizer",
    "sgd",
    "--lr",
    "1e9",
    "--seeds",
    "2",
  ];

  it("prints every event in a line, and the result in the last", async () => {
    const { code, stdout, stderr } = await call([...two, "--json-lines", "--out", out]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^(rp-bench: sgd, seed [01], blew up: [^\n]+\n){2}$/);
    const lines = linesOf(stdout);
    expect(misfits("lines", lines)).toEqual([]);
    expect(lines.map(({ event }) => event).filter((event, index, all) => event !== all[index - 1])).toEqual([
      ...["start", "row", "run-end", "row", "run-end", "row", "run-end", "row", "run-end", "end"],
    ]);
    expect(lines[0]).toMatchObject({ command: "run", runs: 4, problems: ["MNIST"], folder: out });
    const name = "mnist-rp-lrauto-seed1";
    const rows = lines.filter(({ event, run }) => event === "row" && run === name);
    const log = readRunLog(join(out, "runs", `${name}.csv`));
    expect(rows.map(({ step, testLoss, chosen }) => ({ step, testLoss, chosen }))).toEqual(
      log.map(({ step, testLoss, chosen }) => ({ step, testLoss, chosen })),
    );
    const record = JSON.parse(readFileSync(join(out, "runs", `${name}.json`), "utf8"));
    const end = lines.find(({ event, run }) => event === "run-end" && run === name);
    expect(end).toEqual({ event: "run-end", run: name, kept: false, ...record });
    expect(lines.at(-1)).toMatchObject({ exitCode: 1, error: null, interrupted: false });
  });

  it("leaves runs whose rate is auto that are read with what the summary says of them", () => {
    const read = readResults(out).map(({ label, learningRate, status }) => [label, learningRate, status]);
    expect(read).toContainEqual(["rp", "auto", "done"]);
  });

  it("prints with --json what the last line holds, keys in camelCase", async () => {
    const lines = linesOf((await call([...two, "--json-lines", "--out", out])).stdout);
    expect(lines.map(({ event, kept }) => [event, kept])).toContainEqual(["run-end", true]);
    const { event: _, ...last } = lines[lines.length - 1];
    const { stdout } = await call([...two, "--json", "--out", out]);
    const result = JSON.parse(stdout);
    expect(misfits("run", [result])).toEqual([]);
    expect(result).toEqual(last);
    expect(stdout).not.toMatch(/"[a-z]+_[a-z_]+":/);
    const [best, other] = result.ranking;
    expect(best).toMatchObject({
      label: "rp",
      learningRate: "auto",
      seeds: 2,
      seedsDone: 2,
      bestDifference: null,
    });
    expect(other).toMatchObject({ label: "sgd", seedsDone: 0, medianTestLoss: null });
    const losses = result.summary
      .filter((row: { label: string }) => row.label === "rp")
      .map(({ testLoss }: { testLoss: number }) => testLoss);
    expect(best.medianTestLoss).toBeCloseTo((losses[0] + losses[1]) / 2, 12);
  });

  it("keeps what users' optimizers and libraries write to standard output out of both", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "loud.mjs");
    writeFileSync(
      path,
      `console.log("loaded");
       export default { create: () => async (session, batch) => {
         console.log("console");
         // Of a thread that ends at once, text is lost that the process has not taken yet.
         await new Promise((taken) => process.stdout.write("stream\\n", taken));
         await session.gradient(batch);
       } };`,
    );
    const options = ["--optimizer", path, "--lr", "1", "--out", join(folder, "out"), "--json-lines"];
    // A process of its own: what a thread writes may come when the command has ended.
    const { code, stdout, stderr } = await start(["run", ...quick, ...options]).finished;
    expect(code).toBe(0);
    expect(stderr).toContain("console");
    expect(stderr).toContain("stream");
    expect(misfits("lines", linesOf(stdout))).toEqual([]);
  });

  it("ends with an object that says what ended the process before the work was done", async () => {
    const folder = temporaryFolder();
    const preload = join(folder, "exit.mjs");
    writeFileSync(
      preload,
      `setTimeout(() => process.exit(0), 5000).unref(); const { write } = process.stderr;
      process.stderr.write = function (text, ...rest) { const done = write.call(this, text, ...rest); if (String(text).includes("results in")) process.exit(0); return done; };`,
    );
    const args = ["run", ...small, "--threads", "1", "--json", "--out", join(folder, "out")];
    const { code, stdout } = await start(args, { env: { NODE_OPTIONS: `--import=file://${preload}` } })
      .finished;
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: "ENDED" }, exitCode: 1 });
  });
});

describe("sweep", () => {
  it("prints events and results that fit the schemas", async () => {
    const folder = temporaryFolder();
    const config = writeStudy(folder, {
      trainLimit: 100,
      epochs: 1,
      evalEvery: null,
      mostRates: 1,
      optimizers: [{ name: "adam", learningRates: [0.001] }],
    });
    const command = ["sweep", config, "--out", join(folder, "out"), "--jobs", "1", "--quiet"];
    const plan = await call([...command, "--dry-run", "--json"]);
    expect(misfits("sweep", [JSON.parse(plan.stdout)])).toEqual([]);
    const { code, stdout, stderr } = await start([...command, "--json-lines"]).finished;
    expect([code, stderr]).toEqual([0, ""]);
    const lines = linesOf(stdout);
    expect(misfits("lines", lines)).toEqual([]);
    const count = (name: string) => lines.filter(({ event }) => event === name).length;
    expect([count("start"), count("row"), count("run-end"), count("end")]).toEqual([1, 8, 4, 1]);
    expect(new Set(lines.flatMap(({ event, role }) => (event === "row" ? [role] : [])))).toEqual(
      new Set(["tuning", "final"]),
    );
    const { event: _, ...last } = lines[lines.length - 1];
    const result = JSON.parse((await call([...command, "--json"])).stdout);
    expect(misfits("sweep", [result])).toEqual([]);
    expect(result).toEqual(last);
  });
});

it("leaves standard output to the object, with commands that write a file, too", async () => {
  const folder = makeFolder(temporaryFolder(), [{ label: "adam", losses: [0.2, 0.1] }]);
  const answers = {
    report: { report: join(folder, "report.html") },
    export: { export: join(folder, "export", "rows.csv") },
    plot: [join(folder, "figures", "b-mnist.png")],
  };
  for (const [command, answer] of Object.entries(answers)) {
    const { code, stdout } = await call([command, folder, "--json"]);
    expect([command, code]).toEqual([command, 0]);
    expect(JSON.parse(stdout)).toEqual(
      command === "plot" ? expect.arrayContaining(answer as string[]) : answer,
    );
  }
});

describe("errors", () => {
  it.each<[string[], string, number]>([
    [["run", "--epochs", "0"], "CONFIG_INVALID", 2],
    [["run", "--foo"], "USAGE", 2],
    [["run", "--seeds", "2", "--seed", "1"], "CONFIG_INVALID", 2],
    [["sweep", "nowhere.json"], "CONFIG_INVALID", 2],
    [["sweep", "quick", "--jobs", "0"], "USAGE", 2],
  ])("are an object, too: %j", async (args, code, exitCode) => {
    for (const flag of ["--json", "--json-lines"] as const) {
      const finished = await call([...args, flag]);
      expect(finished.code).toBe(exitCode);
      const [value, ...others] = flag === "--json" ? [JSON.parse(finished.stdout)] : linesOf(finished.stdout);
      expect(others).toEqual([]);
      expect(value).toMatchObject({ error: { code, message: expect.any(String) }, exitCode });
      expect(finished.stderr).toBe(`rp-bench: ${value.error.message}\n`);
      const schema = args[0] === "run" ? "run" : "sweep";
      expect(misfits(flag === "--json" ? schema : "lines", [value])).toEqual([]);
    }
  });

  it("are objects with every command that has --json", async () => {
    for (const args of [
      ["compare", "a", "b"],
      ["verify", "a"],
      ["plot", "a"],
      ["audit", "--every", "0"],
    ]) {
      const { code, stdout } = await call([...args, "--json"]);
      expect([args[0], code, JSON.parse(stdout).exitCode]).toEqual([args[0], 2, 2]);
    }
  });

  it.each([["--json"], ["--dry-run"]])("refuses --json-lines with %s", async (flag) => {
    const { code, stdout } = await call(["sweep", "quick", "--json-lines", flag]);
    expect([code, linesOf(stdout)[0].event]).toEqual([2, "error"]);
  });

  it("of figures that cannot be drawn stand in the one object, with the result", async () => {
    const out = join(temporaryFolder(), "out");
    const command = ["run", ...quick, "--optimizer", "sgd", "--lr", "1", "--out", out];
    expect((await call(command)).code).toBe(0);
    rmSync(join(out, "figures"), { recursive: true });
    writeFileSync(join(out, "figures"), "no folder");
    for (const flag of ["--json", "--json-lines"]) {
      const { code, stdout } = await call([...command, flag]);
      const value = flag === "--json" ? JSON.parse(stdout) : linesOf(stdout).at(-1);
      expect(value).toMatchObject({
        error: { code: "WRITE_FAILED" },
        exitCode: code,
        summary: [{ status: "done" }],
      });
      expect(linesOf(flag === "--json" ? "{}" : stdout).filter(({ event }) => event === "error")).toEqual([]);
    }
  });
});
