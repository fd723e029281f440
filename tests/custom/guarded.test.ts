// What an optimizer of the user's own cannot do to the command that runs it: real processes, on real MNIST.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { start, temporaryFolder } from "../support/cli.js";
import { childOf, childrenOf, isAlive } from "../support/processes.js";
import { writeStudy } from "../support/study.js";

const NETWORK = ["--layers", "784,4,784", "--train-limit", "200", "--batch-size", "20", "--epochs", "1"];
const LOOP = "export default { create: () => () => { for (;;); } };";
/** Says that it is there, and then computes for ever. */
const MARKED = '(await import("node:fs")).writeFileSync("marked", ""); for (;;);';
const HELD = `import { spawnSync } from "node:child_process";
export default { create: () => () => spawnSync("sleep", ["600"]) };`;

function begin(source: string, more: string[] = []) {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, "mine.mjs"), source);
  const args = ["run", "--optimizer", "./mine.mjs", "--lr", "1", ...more, ...NETWORK, "--out", "out"];
  return { cwd, ...start(args, { cwd }) };
}

async function marked(cwd: string): Promise<void> {
  while (!existsSync(join(cwd, "marked"))) await sleep(20);
}

const recordOf = (folder: string, label: string) =>
  JSON.parse(readFileSync(join(folder, "runs", `mnist-${label}-lr1-seed0.json`), "utf8"));

describe("an update that never lets go", () => {
  it.each(["SIGINT", "SIGTERM"] as const)("is ended by %s, and its run is recorded", async (signal) => {
    const { cwd, child, finished, stderrHas } = begin(LOOP);
    await stderrHas("(step 0)"); // the update comes next
    child.kill(signal);
    const { code, stderr } = await finished;
    expect([code, stderr]).toEqual([130, expect.stringContaining("rp-bench: interrupted; the same command")]);
    expect(recordOf(join(cwd, "out"), "mine")).toMatchObject({ status: "interrupted", step: 0 });
  });

  it("is ended while its module is loaded, and nothing is written", async () => {
    const { cwd, child, finished } = begin(MARKED);
    await marked(cwd); // nothing is said before a module is loaded
    child.kill("SIGTERM");
    expect(await finished).toMatchObject({ code: 130, stderr: "rp-bench: interrupted\n" });
    expect(existsSync(join(cwd, "out"))).toBe(false);
  });

  it("is left behind where the system holds it", async () => {
    const { child, finished, stderrHas } = begin(HELD);
    await stderrHas("(step 0)");
    const held = await childOf(child.pid);
    child.kill("SIGTERM");
    const { code, signal, stderr } = await finished;
    process.kill(held, "SIGKILL");
    expect([code ?? signal, stderr]).toEqual([
      expect.stringMatching(/^SIGINT$/),
      expect.stringContaining("rp-bench: interrupted; the same command"),
    ]);
  });

  it("costs a study its --timeout at each of its runs, and no more", async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, "loop.mjs"), LOOP);
    const study = writeStudy(cwd, {
      optimizers: [{ name: "./loop.mjs", learningRates: [1] }],
    });
    const { finished } = start(["sweep", study, "--timeout", "1", "--out", "out"], { cwd });
    const { code, stderr } = await finished;
    expect([code, stderr]).toEqual([1, expect.anything()]);
    expect(stderr).toContain("rp-bench: mnist: no rate of loop held for every tuning seed\n");
    expect(stderr).toContain("timed_out (it took more than 1 s)");
  });

  it("does not outlive the study that it was for", async () => {
    const cwd = temporaryFolder();
    // The study times six updates itself; a worker comes to the tenth.
    const late = `let steps = 0; export default { create: () => async () => { if (++steps === 10) { ${MARKED} } } };`;
    writeFileSync(join(cwd, "late.mjs"), late);
    const study = writeStudy(cwd, { optimizers: [{ name: "./late.mjs", learningRates: [1] }] });
    const { child, finished } = start(["sweep", study, "--jobs", "1", "--out", "out"], { cwd });
    const worker = await childOf(child.pid);
    await marked(cwd);
    child.kill("SIGKILL");
    await finished;
    const deadline = performance.now() + 20_000;
    while (isAlive(worker) && performance.now() < deadline) await sleep(20);
    expect(isAlive(worker)).toBe(false);
  });

  it("gives way to Ctrl-C while a study is surveyed", async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, "loop.mjs"), `export default { create: () => async () => { ${MARKED} } };`);
    const study = writeStudy(cwd, { optimizers: [{ name: "./loop.mjs", learningRates: [1] }] });
    const { child, finished } = start(["sweep", study, "--out", "out"], { cwd });
    await marked(cwd);
    expect(childrenOf(child.pid)).toEqual([]);
    child.kill("SIGINT");
    expect(await finished).toMatchObject({ code: 130, stderr: "rp-bench: interrupted\n" });
    expect(existsSync(join(cwd, "out"))).toBe(false);
  });
});

it("ends no more than its own run by process.exit", async () => {
  const more = ["--optimizer", "sgd", "--lr", "1"];
  const { cwd, finished } = begin("export default { create: () => () => process.exit(0) };", more);
  const { code, stdout } = await finished;
  expect([code, stdout]).toEqual([1, expect.stringMatching(/^SGD +1 +done/m)]);
  expect(recordOf(join(cwd, "out"), "mine")).toMatchObject({
    ...{ status: "failed", step: 0 },
    reason: "mine.mjs: it ended its thread, by process.exit or the like",
  });
});
