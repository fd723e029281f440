// `rp-bench check` as a real process, on a configuration of its own that takes a second.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { call } from "../support/call.js";
import { type Finished, rpBench, sharedFolder, start, temporaryFolder } from "../support/cli.js";

const SMALL = {
  dataset: "mnist",
  layerSizes: [784, 12, 784],
  batchSize: 20,
  trainLimit: 400,
  losses: {
    seeds: [1, 2],
    steps: [0, 1, 5],
    optimizers: [
      { name: "sgd", learningRate: 1 },
      { name: "rp", learningRate: 1 },
    ],
  },
  ends: { epochs: 1, seeds: [1, 2, 3], optimizers: [{ name: "adam", learningRate: 0.001 }] },
};

function configFile(folder: string, changes: object = {}): string {
  const path = join(folder, "check.json");
  writeFileSync(path, JSON.stringify({ ...SMALL, ...changes }));
  return path;
}

describe("rp-bench check", () => {
  const folder = sharedFolder();
  const baseline = join(folder, "baseline");
  const config = configFile(folder);
  const args = ["check", "--config", config, "--baseline"];
  const file = join(baseline, "baseline.json");
  let made: Finished;
  beforeAll(async () => {
    made = await rpBench([...args, baseline, "--update-baseline"]);
  });

  /** The baseline with something changed, in a folder of its own. */
  function changed(change: (value: ReturnType<typeof JSON.parse>) => void): string {
    const other = temporaryFolder();
    const value = JSON.parse(readFileSync(file, "utf8"));
    change(value);
    writeFileSync(join(other, "baseline.json"), JSON.stringify(value));
    return other;
  }

  it("makes a baseline, and passes it", async () => {
    expect([made.code, made.stdout]).toEqual([0, `${file}\n`]);
    const { losses, ends, times } = JSON.parse(readFileSync(file, "utf8"));
    expect([losses.length, ends.length, times.length]).toEqual([2 * 2 * 3, 3, 0]);
    const junit = join(folder, "junit.xml");
    const { code, stdout, stderr } = await rpBench([...args, baseline, "--junit", junit], {
      env: { GITHUB_ACTIONS: "true" },
    });
    expect(stdout).toMatch(/\n\nno regression in 13 values\n$/);
    expect(stdout).toMatch(/^loss +SGD +after 1 step, seed 1 +0\.\d+ +0\.\d+ +± 1\.7e-6 of it +ok$/m);
    expect(stderr).toContain("losses of RP\n");
    expect(readFileSync(junit, "utf8")).toContain('<testsuites tests="13" failures="0"');
    expect(code).toBe(0);
  });

  it("finds a loss that is off, and says so to a person, to CI and to GitHub", async () => {
    const other = changed(({ losses }) => {
      losses[2].loss *= 1.001;
    });
    const junit = join(other, "junit.xml");
    const env = { GITHUB_ACTIONS: "true" };
    const { code, stdout, stderr } = await rpBench([...args, other, "--junit", junit, "--quiet"], { env });
    expect([code, stderr]).toEqual([1, ""]);
    expect(stdout).toMatch(/^loss +SGD +after 5 steps, seed 1 .* regression$/m);
    expect(stdout).toContain("1 regression in 13 values");
    expect(stdout).toMatch(
      /^::error title=rp-bench check::loss of sgd after 5 steps, seed 1: expected 0\.\d+/m,
    );
    expect(readFileSync(junit, "utf8")).toContain('failures="1"');

    const json = await call([...args, other, "--json", "--quiet"], { env: { GITHUB_ACTIONS: "" } });
    expect(json.code).toBe(1);
    const { regressions, verdicts } = JSON.parse(json.stdout);
    expect(regressions).toBe(1);
    expect(verdicts[2]).toMatchObject({ part: "loss", label: "sgd", verdict: "regression" });
  });

  it("measures times, and does not let them count on another processor", async () => {
    // No busy moment of a machine makes a step a billion times as fast.
    const times = { rounds: 15, factor: 1.4 };
    const other = changed((value) => {
      value.machine.processor = "Another 3000";
      value.config.times = times;
      value.times = [
        { label: "sgd", over: "multiply-add loop", ratio: 1e9 },
        { label: "rp", over: "multiply-add loop", ratio: 1e9 },
        { label: "rp", over: "sgd", ratio: 1e9 },
      ];
    });
    const timed = configFile(other, { times });
    const { code, stdout } = await call(["check", "--config", timed, "--baseline", other, "--quiet"], {
      env: { GITHUB_ACTIONS: "true" },
    });
    expect(stdout.match(/ advisory$/gm)).toHaveLength(3);
    expect(stdout).toContain("times do not count here: the baseline's times are those of Another 3000 ");
    expect(stdout).toContain("::warning title=rp-bench check::step time of rp over sgd");
    expect(code).toBe(0);
  });

  it("shows what a new baseline changes", async () => {
    const other = changed(({ losses }) => {
      losses[2].loss *= 1.001;
    });
    const { code, stdout } = await call([...args, other, "--update-baseline", "--quiet"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^loss +SGD +after 5 steps, seed 1 .* regression$/m);
    expect((await call([...args, other, "--quiet"])).code).toBe(0);
  });

  it.each<[string, (value: ReturnType<typeof JSON.parse>) => void, RegExp]>([
    [
      "of another version",
      (value) => {
        value.baselineVersion = 0;
      },
      /baseline\.json: is of version 0, this program reads 1; make one: the same command with --update-baseline\n$/,
    ],
    [
      "of another configuration",
      (value) => {
        value.config.losses.optimizers[0].learningRate = 2;
      },
      /is of another check: losses\.optimizers\[0\]\.learningRate is 2 there, 1 here; make one/,
    ],
    [
      "of other data",
      (value) => {
        value.dataset.checksums["train-images-idx3-ubyte"] = "0";
      },
      /is of another check: checksums\.train-images-idx3-ubyte is "0" there/,
    ],
    [
      "damaged",
      (value) => {
        value.losses[0].loss = "low";
      },
      /baseline\.json: losses\[0\]\.loss: .*got "low"/,
    ],
  ])("refuses a baseline that is %s", async (_, change, message) => {
    const { code, stdout, stderr } = await call([...args, changed(change)]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^rp-bench: [^\n]+\n$/);
    expect(stderr).toMatch(message);
  });

  it("refuses what is missing, or is no baseline", async () => {
    const empty = temporaryFolder();
    const missing = await call([...args, empty]);
    expect([missing.code, missing.stderr]).toEqual([
      2,
      `rp-bench: ${join(empty, "baseline.json")}: there is no baseline; make one: the same command with --update-baseline\n`,
    ]);
    writeFileSync(join(empty, "baseline.json"), "not JSON");
    const foreign = await call([...args, empty]);
    expect(foreign.code).toBe(2);
    expect(foreign.stderr).toMatch(/^rp-bench: \S+baseline\.json: not JSON \([^\n]+\n$/);
    for (const [flags, message] of [
      [["--junit", "/none/x.xml"], /^rp-bench: --junit: \/none\/x\.xml cannot be written \([^\n]+\)\n$/],
      [["--junit", empty], /^rp-bench: --junit: \S+ cannot be written \(it must name a file\)\n$/],
      [["--junit", "x.xml", "--update-baseline"], /^rp-bench: --junit: goes with a check, not with/],
    ] as const) {
      const { code, stdout, stderr } = await call([...args, baseline, ...flags]);
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toMatch(message);
    }
    const unwritable = await call([...args, "/proc/none", "--update-baseline"]);
    expect([unwritable.code, unwritable.stderr.includes("choose another --baseline")]).toEqual([2, true]);
    const nowhere = await call(["check", "--update-baseline"]);
    expect([nowhere.code, nowhere.stderr]).toEqual([
      2,
      "rp-bench: --update-baseline: name the folder to write to with --baseline\n",
    ]);
  });

  it("refuses a configuration that is wrong, or too fast for a baseline", async () => {
    const folder = temporaryFolder();
    const wrong = configFile(folder, { times: { rounds: 3 } });
    const refused = await call(["check", "--config", wrong]);
    expect([refused.code, refused.stderr]).toEqual([
      2,
      `rp-bench: ${wrong}: times.rounds: must be at least 15, got 3\n`,
    ]);
    const optimizers = [{ name: "sgd", learningRate: 1e30 }];
    const fast = configFile(folder, { losses: { optimizers }, ends: null, times: null });
    const out = join(folder, "out");
    const { code, stderr } = await call([
      ...["check", "--config", fast, "--baseline", out, "--update-baseline", "--quiet"],
    ]);
    expect([code, stderr]).toEqual([
      2,
      "rp-bench: sgd, seed 1: its loss is not finite at step 10; give it a lower rate\n",
    ]);
  });

  it("is interrupted with exit code 130", async () => {
    const folder = temporaryFolder();
    const ends = { epochs: 1000, optimizers: [{ name: "adam", learningRate: 0.001 }] };
    const path = configFile(folder, { ends });
    mkdirSync(join(folder, "out"));
    const { child, finished, stderrHas } = start([
      ...["check", "--config", path, "--baseline", join(folder, "out"), "--update-baseline"],
    ]);
    await stderrHas("last loss of Adam");
    child.kill("SIGINT");
    expect((await finished).code).toBe(130);
  });
});
