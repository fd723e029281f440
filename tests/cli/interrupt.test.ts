// Real processes, really stopped: Ctrl-C, kill -9, a reader that closes early, a terminal.

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { readRunLog } from "../../src/results/run-log.js";
import { root, rpBench, start, temporaryFolder } from "../support/cli.js";

const rates = ["--optimizer", "rp", "--lr", "2", "--optimizer", "adam", "--lr", "0.001"];
const short = ["--train-limit", "1000", "--epochs", "2", "--layers", "784,32,784", ...rates];
/** Where the work is not to be interrupted: on so small a network a second thread takes time and gives none. */
const single = ["--threads", "1"];
const long = ["run", ...short, "--epochs", "500", "--eval-every", "20"];

describe("stopping", () => {
  it.each(["SIGINT", "SIGTERM"] as const)("%s ends the run in order with exit code 130", async (signal) => {
    const out = join(temporaryFolder(), "results");
    const { child, finished, stderrHas } = start([...long, "--out", out]);
    await stderrHas("(step 60)");
    const killed = performance.now();
    child.kill(signal);
    const { code, stderr } = await finished;
    expect(code).toBe(130);
    expect(performance.now() - killed).toBeLessThan(2000); // a second, and one for a busy machine
    expect(stderr).toContain("rp-bench: interrupted");
    const record = JSON.parse(readFileSync(join(out, "runs", "mnist-rp-lr2-seed0.json"), "utf8"));
    expect(record.status).toBe("interrupted");
    expect(record.step).toBeGreaterThanOrEqual(60);
    const log = readRunLog(join(out, "runs", "mnist-rp-lr2-seed0.csv"));
    expect(log.map(({ step }) => step)).toEqual(log.map((_, index) => 20 * index));
    expect(readFileSync(join(out, "summary.csv"), "utf8")).toContain("interrupted");
    const files = readdirSync(join(out, "runs")).filter((name) => !name.endsWith(".checkpoint"));
    expect(files).toHaveLength(2); // the other optimizers were not begun
  });

  it("interrupts an update of one's own that waits on a timer", async () => {
    const folder = temporaryFolder();
    const update = "() => { console.error('in the update'); return new Promise((r) => setTimeout(r, 1e8)); }";
    writeFileSync(join(folder, "mine.mjs"), `export default { create: () => ${update} };`);
    const options = ["--optimizer", "./mine.mjs", "--lr", "1", "--out", "out"];
    const { child, finished, stderrHas } = start(["run", ...short.slice(0, 6), ...options], { cwd: folder });
    await stderrHas("in the update");
    child.kill("SIGINT");
    const { code, stderr } = await finished;
    expect([code, stderr]).toEqual([130, expect.stringContaining("rp-bench: interrupted")]);
    const record = readFileSync(join(folder, "out", "runs", "mnist-mine-lr1-seed0.json"), "utf8");
    expect(JSON.parse(record)).toMatchObject({ status: "interrupted", step: 0 });
  });

  it("interrupts the reference engine between two slices of a step", async () => {
    const out = join(temporaryFolder(), "results");
    // A step of some five seconds, and an evaluation of less than one.
    const size = ["--layers", "784,8,784", "--train-limit", "6700", "--batch-size", "6000"];
    const slow = ["run", "--engine", "reference", "--optimizer", "rp", "--lr", "1", ...size, "--out", out];
    const { child, finished, stderrHas } = start(slow);
    await stderrHas("(step 0)");
    await setTimeout(800); // the gradient takes less; what follows is the curvature
    const killed = performance.now();
    child.kill("SIGINT");
    expect((await finished).code).toBe(130);
    expect(performance.now() - killed).toBeLessThan(2000);
  });

  it("interrupts a step that would take long, at its next pause", async () => {
    const out = join(temporaryFolder(), "results");
    const { child, finished, stderrHas } = start([
      "run",
      "--optimizer",
      "rp",
      "--batch-size",
      "20000",
      "--train-limit",
      "23000",
      "--out",
      out,
    ]);
    await stderrHas("(step 0)");
    await setTimeout(300); // into a step of several seconds
    const killed = performance.now();
    child.kill("SIGINT");
    expect((await finished).code).toBe(130);
    expect(performance.now() - killed).toBeLessThan(2500);
  });

  it("keeps what other runs of the folder have in the summary", async () => {
    const out = join(temporaryFolder(), "results");
    const command = ["run", ...short, ...single, "--epochs", "60", "--eval-every", "900", "--out", out];
    expect((await rpBench(command)).code).toBe(0);
    rmSync(join(out, "runs", "mnist-rp-lr2-seed0.json"));
    const { child, finished, stderrHas } = start(command);
    await stderrHas("(step 0)");
    child.kill("SIGINT");
    expect((await finished).code).toBe(130);
    const summary = readFileSync(join(out, "summary.csv"), "utf8");
    expect(summary).toMatch(/^mnist,MNIST,mnist,mse,rp,.*interrupted/m);
    expect(summary).toMatch(/^mnist,MNIST,mnist,mse,adam,.*done/m);
  });

  it("kill -9 leaves a folder that can be read, drawn and gone on with", async () => {
    const out = join(temporaryFolder(), "results");
    const command = ["run", ...short, ...single, "--epochs", "20", "--eval-every", "10", "--out", out];
    const { child, finished, stderrHas } = start(command);
    await stderrHas("Adam, rate 0.001: epoch 1.11 (step 10)");
    child.kill("SIGKILL");
    expect((await finished).signal).toBe("SIGKILL");
    expect(readRunLog(join(out, "runs", "mnist-rp-lr2-seed0.csv")).length).toBe(19);
    expect(readRunLog(join(out, "runs", "mnist-adam-lr0.001-seed0.csv")).length).toBeGreaterThanOrEqual(2);
    expect(existsSync(join(out, "runs", "mnist-adam-lr0.001-seed0.json"))).toBe(false);
    expect((await rpBench(["plot", out])).code).toBe(0);

    const again = await rpBench(command);
    expect(again.code).toBe(0);
    expect(again.stderr).toContain("rp, rate 2: kept, done at step 180");
    expect(again.stderr).toContain("adam, rate 0.001: done at step 180");
    const fresh = join(temporaryFolder(), "results");
    expect((await rpBench([...command.slice(0, -1), fresh])).code).toBe(0);
    const adam = (folder: string) =>
      readRunLog(join(folder, "runs", "mnist-adam-lr0.001-seed0.csv")).map(({ testLoss }) => testLoss);
    expect(adam(out)).toEqual(adam(fresh));
  });

  it("goes on when its reader closes early", async () => {
    const out = join(temporaryFolder(), "results");
    const bin = join(root, "bin", "rp-bench.js");
    const script = `node ${bin} run ${short.join(" ")} --out ${out} 2>&1 | true; exit \${PIPESTATUS[0]}`;
    expect(spawnSync("bash", ["-c", script]).status).toBe(0);
    expect(existsSync(join(out, "figures", "b-mnist.png"))).toBe(true);
  });
});

it("ends, with the cursor back, when a file cannot be written in the middle of a bar", () => {
  const out = join(temporaryFolder(), "results");
  // Two seconds of steps, so that the bar is read, however late, before the runs end; and no time for evaluations.
  const length = [...single, "--epochs", "400", "--eval-every", "3600"];
  const args = [join(root, "bin", "rp-bench.js"), "run", ...short, ...length, "--out", out];
  // The folder goes away while the bar is drawn, so what the run writes next has nowhere to go. Not before the bar has a
  // rate: the log is made meanwhile, and rmtree fails where a folder gets a new file.
  const python = `
import os, pty, re, shutil, sys
seen = b""
done = False
def read(fd):
    global seen, done
    data = os.read(fd, 4096)
    seen += data
    if re.search(rb"\\d steps/s", seen) and not done:
        done = True
        shutil.rmtree(sys.argv[1])
    return data
sys.exit(pty.spawn(sys.argv[2:], read) >> 8)`;
  const { status, stdout } = spawnSync("python3", ["-c", python, out, process.execPath, ...args], {
    encoding: "utf8",
    timeout: 60_000,
  });
  expect(status).toBe(1);
  expect(stdout).toMatch(
    /rp-bench: .*mnist-(rp-lr2|adam-lr0\.001)-seed0\.(csv|json|safetensors): cannot be written/,
  );
  expect(stdout.lastIndexOf("\u001b[?25h")).toBeGreaterThan(stdout.lastIndexOf("\u001b[?25l"));
});

it("draws a progress bar on a terminal and plain lines elsewhere", () => {
  const out = join(temporaryFolder(), "results");
  const args = [
    join(root, "bin", "rp-bench.js"),
    "run",
    ...short,
    ...single,
    "--epochs",
    "90",
    "--eval-every",
    "270",
    "--out",
    out,
  ];
  const python = "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)";
  const { status, stdout } = spawnSync("python3", ["-c", python, process.execPath, ...args], {
    encoding: "utf8",
  });
  expect(status).toBe(0);
  const bars = stripVTControlCharacters(stdout).match(/(RP|Adam), rate \S+ \[.*? left/g) ?? [];
  expect(bars.length).toBeGreaterThan(5);
  for (const bar of bars) expect(bar.length, bar).toBeLessThanOrEqual(80);
  expect(stdout).toMatch(/RP, rate 2 \[█+░*\] \d+% \| loss 0\.\d+ \| \d+ steps\/s \| \d+ s left/);
  expect(stdout).not.toContain("epoch 1 ");
});
