// The program on machines that differ from the one at hand: containers, no hard links, wrong clocks, full disks. Short
// forms of what tests/slow/machines.slow.test.ts does.

import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { root, rpBench, sharedFolder, start, temporaryFolder } from "../support/cli.js";
import { CONTAINER, clockShifted, Disk, hasContainers, withoutLinks } from "../support/machines.js";
import {
  expectFinished,
  expectRun,
  killAgainAndAgain,
  SMALL_RUN,
  tablesWithoutTimes,
  writeStudy,
} from "../support/study.js";

const folder = sharedFolder();
const config = writeStudy(folder);
const run = (out: string) => ["run", ...SMALL_RUN, "--out", out];
const sweep = (out: string) => ["sweep", config, "--out", out];
/** Folders of a run and a study that nothing disturbed. */
const undisturbed = { run: join(folder, "run"), study: join(folder, "study") };
let tables: string;
beforeAll(async () => {
  expect((await rpBench(run(undisturbed.run))).code).toBe(0);
  expect((await rpBench(sweep(undisturbed.study))).code).toBe(0);
  tables = tablesWithoutTimes(undisturbed.study);
});

describe.runIf(hasContainers)("two containers with one folder", () => {
  it("refuse the second run with one line", async () => {
    const out = join(temporaryFolder(), "results");
    const first = start(run(out).concat("--epochs", "100000"), { through: CONTAINER });
    await first.stderrHas("(step 0)");
    const { code, stdout, stderr } = await rpBench(run(out).concat("--epochs", "100000"), {
      through: CONTAINER,
    });
    expect([code, stdout]).toEqual([2, ""]);
    const errors = stderr
      .split("\n")
      .filter((line) => line.startsWith("rp-bench: ") && !line.includes("warning"));
    expect(errors).toEqual([
      expect.stringMatching(
        /: process \d+ of another container on \S+ is writing to it .*; choose another --out$/,
      ),
    ]);
    first.child.kill("SIGKILL");
    await first.finished;
  });

  it("make each run of a study once", async () => {
    const out = join(temporaryFolder(), "study");
    const both = await Promise.all([1, 2].map(() => rpBench(sweep(out), { through: CONTAINER })));
    expect(both.map(({ stderr }) => stderr).join("")).not.toContain("set aside");
    for (const one of both) expectFinished(one, out, tables);
  });
});

it("loses nothing of a run to SIGKILLs at random moments", async () => {
  const out = join(temporaryFolder(), "results");
  expect(await killAgainAndAgain(run(out), 6, { begun: "(step 0)" })).toBeGreaterThanOrEqual(3);
  expectRun(await rpBench(run(out)), out, undisturbed.run);
});

describe.runIf(withoutLinks)("where hard links are refused", () => {
  it("runs, studies and imports", async () => {
    const out = temporaryFolder();
    const env = withoutLinks;
    expectRun(await rpBench(run(join(out, "run")), { env }), join(out, "run"), undisturbed.run);
    expectFinished(await rpBench(sweep(join(out, "study")), { env }), join(out, "study"), tables);
    const fixture = join(root, "tests", "fixtures", "cifar10");
    const imported = ["data", "import", "cifar10", fixture, "--data-dir", join(out, "data")];
    expect(await rpBench(imported, { env })).toMatchObject({ code: 0, stderr: "" });
    expect(readdirSync(join(out, "data", "cifar10"))).toEqual(["cifar-10-batches-bin"]);
    const { stdout } = await rpBench(["doctor"], { env });
    expect(stdout).toContain("hard links are refused there, so locks are created exclusively instead");
  });
});

describe.runIf(withoutLinks)("with a clock of another time than the file system's", () => {
  it.each([60, -60])("tries a run that fails once, %i s ahead", { timeout: 60_000 }, async (seconds) => {
    const out = join(temporaryFolder(), "study");
    writeFileSync(
      join(folder, "failing.mjs"),
      "export default { create: () => () => { throw new Error('not today'); } };",
    );
    const optimizers = [{ name: "./failing.mjs", learningRates: [1] }];
    const failing = writeStudy(folder, { optimizers, mostRates: 1 }, "failing.json");
    const { child, finished } = start(["sweep", failing, "--out", out], { env: clockShifted(seconds) });
    const ended = setTimeout(() => child.kill("SIGKILL"), 50_000); // it would go on for ever
    const { code, stderr } = await finished;
    clearTimeout(ended);
    expect(code).toBe(1);
    expect(stderr.match(/failing-lr1-seed1000 \(tuning\): failed/g)).toHaveLength(1);
    // A later command tries again.
    const again = await rpBench(["sweep", failing, "--out", out], { env: clockShifted(-seconds) });
    expect(again.stderr.match(/failing-lr1-seed1000 \(tuning\): failed/g)).toHaveLength(1);
  });
});

it("ends with one line where the disk is full, and goes on when there is room", async (test) => {
  const disk = Disk.mount(40);
  if (!disk) return test.skip();
  const out = join(disk.path, "results");
  const { code, stderr } = await rpBench(run(out));
  expect(code).toBe(1);
  const errors = stderr.split("\n").filter((line) => line.startsWith("rp-bench: "));
  expect(errors).toEqual([
    expect.stringMatching(/cannot be written \(ENOSPC.*; free the disk, the same command then goes on$/),
  ]);
  disk.resize(4000);
  expectRun(await rpBench(run(out)), out, undisturbed.run);
});

describe("exit code 0 means all of it", () => {
  it.runIf(existsSync("/dev/full")).each<[string, () => string[]]>([
    ["--help", () => ["--help"]],
    ["--version", () => ["--version"]],
    ["run", () => run(undisturbed.run)],
    ["sweep", () => sweep(undisturbed.study)],
    ["plot", () => ["plot", undisturbed.run]],
    ["compare", () => ["compare", undisturbed.run, undisturbed.run]],
    ["data list", () => ["data", "list"]],
    ["data verify", () => ["data", "verify", "mnist"]],
    ["verify", () => ["verify", undisturbed.run]],
    ["doctor", () => ["doctor"]],
    ["demo", () => ["demo", "least-squares", "--out", join(temporaryFolder(), "demo")]],
  ])("%s says that its output had no room", async (_, argsOf) => {
    const through = ["sh", "-c", 'exec "$@" > /dev/full', "sh"];
    const { code, stderr } = await rpBench(argsOf(), { through });
    expect(code).toBe(1);
    const errors = stderr.split("\n").filter((line) => /^rp-bench: (?!warning)/.test(line));
    expect(errors).toEqual([
      "rp-bench: the output cannot be written (ENOSPC: no space left on device, write); free the disk",
    ]);
    expect(stderr).not.toContain("    at ");
  });

  it("says so where an optimizer of one's own ends the process", async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, "mine.mjs"), "export default { create: () => () => process.exit(0) };");
    const { code, stderr } = await rpBench(
      ["run", ...SMALL_RUN.slice(0, 6), "--optimizer", "./mine.mjs", "--lr", "1", "--out", "out"],
      { cwd },
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(/exit/);
  });

  it("names runs whose files went away, and shows them all the same", async () => {
    const out = join(temporaryFolder(), "results");
    const { child, finished, stderrHas } = start(run(out).concat("--epochs", "100"));
    await stderrHas("Adam, rate 0.001: epoch");
    child.kill("SIGSTOP");
    for (const name of readdirSync(join(out, "runs"))) {
      if (name.includes("-rp-")) rmSync(join(out, "runs", name));
    }
    child.kill("SIGCONT");
    const { code, stdout, stderr } = await finished;
    expect(code).toBe(1);
    expect(stderr).toContain(
      "rp-bench: mnist-rp-lr2-seed0: its files went away or changed while the command worked; the same command makes it again",
    );
    expect(stdout).toMatch(/^RP +2 +done/m);
    expect(readFileSync(join(out, "summary.csv"), "utf8")).toMatch(/^mnist,MNIST,mnist,mse,rp,/m);
  });

  it("ends where its folder was taken by another while it stood still", async () => {
    const out = join(temporaryFolder(), "results");
    const { child, finished, stderrHas } = start(run(out).concat("--epochs", "100"));
    await stderrHas("RP, rate 2: epoch");
    child.kill("SIGSTOP");
    const lock = join(out, ".lock");
    const there = readFileSync(lock, "utf8");
    rmSync(lock);
    writeFileSync(lock, there.replace(/"token":"\w+"/, '"token":"another"'));
    child.kill("SIGCONT");
    const { code, stderr } = await finished;
    expect(code).toBe(2);
    expect(stderr).toMatch(/rp-bench: .*its lock .* went to another process while this one stood still/);
    expect(existsSync(join(out, "summary.csv"))).toBe(false);
    expect(readFileSync(lock, "utf8")).toContain("another");
  });
});
