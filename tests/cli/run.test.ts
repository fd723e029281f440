// `rp-bench run` as a real process on real MNIST, cut short with --train-limit.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { usableCores } from "../../src/processors.js";
import { readCsv } from "../../src/results/csv.js";
import { LOG_COLUMNS, readRunLog } from "../../src/results/run-log.js";
import { SUMMARY_COLUMNS } from "../../src/results/summary.js";
import { call } from "../support/call.js";
import { root, rpBench, start, temporaryFolder } from "../support/cli.js";
import { readPicture } from "../support/png.js";

const small = ["--train-limit", "600", "--epochs", "2", "--layers", "784,32,784"];
/** RP's tuned rate is for the deep network; on one hidden layer 20 diverges. */
const three = [
  "--optimizer",
  "rp",
  "--lr",
  "2",
  "--optimizer",
  "adam",
  "--lr",
  "0.001",
  "--optimizer",
  "sgd",
  "--lr",
  "5",
];
/** For runs beside others: on so small a network a second thread takes time and gives none. */
const single = ["--threads", "1"];
const readSummary = (folder: string) =>
  readCsv(readFileSync(join(folder, "summary.csv"), "utf8"), "summary.csv", SUMMARY_COLUMNS);
const withoutSeconds = (path: string) => readRunLog(path).map(({ trainingSeconds: _, ...row }) => row);

describe("rp-bench run", () => {
  it("fits a warm-up to files of fewer images than the known ones", async () => {
    const out = join(temporaryFolder(), "results");
    const few = ["--dataset", "cifar10", "--data-dir", join(root, "tests/fixtures/cifar10")];
    const { code, stderr } = await call([
      "run",
      ...few,
      "--epochs",
      "2",
      "--optimizer",
      "rp-fast",
      "--out",
      out,
    ]);
    expect(code).toBe(0);
    expect(stderr).toContain(
      "RP fast: the warm-up is longer than the 6 steps of the run, so its rate rises to 3.56 alone",
    );
    expect(readSummary(out)[0].settings).toContain("warm-up 6");
  });

  it("trains all three optimizers and leaves logs, records, parameters, a summary and figures", async () => {
    const out = join(temporaryFolder(), "results");
    const { code, stdout, stderr } = await rpBench([
      "run",
      ...small,
      ...three,
      "--out",
      out,
      "--target",
      "0.09",
    ]);
    expect(stderr).toContain("MNIST: 540 + 60 + 10000 images to train, validate and test, from ");
    expect(code).toBe(0);
    const names = ["mnist-adam-lr0.001-seed0", "mnist-rp-lr2-seed0", "mnist-sgd-lr5-seed0"];
    expect(readdirSync(join(out, "runs")).sort()).toEqual(
      names.flatMap((name) => ["csv", "json", "safetensors"].map((extension) => `${name}.${extension}`)),
    );
    const summary = readSummary(out);
    expect(summary.map(({ label, status, role, step, epoch }) => [label, status, role, step, epoch])).toEqual(
      [
        ["rp", "done", "final", "10", "2"],
        ["adam", "done", "final", "10", "2"],
        ["sgd", "done", "final", "10", "2"],
      ],
    );
    for (const row of summary) {
      const log = readRunLog(join(out, "runs", `mnist-${row.label}-lr${row.learning_rate}-seed0.csv`));
      expect(log.map(({ step }) => step)).toEqual([0, 5, 10]);
      expect(Number(row.test_loss)).toBe(log[2].testLoss);
      expect(log[2].trainLoss).toBeLessThan(log[0].trainLoss);
      expect(log[0].testLoss).toBeCloseTo(0.14, 1);
      expect(Number(row.median_step_milliseconds)).toBeGreaterThan(0);
      const name = { rp: "RP", adam: "Adam", sgd: "SGD" }[row.label];
      expect(stdout).toMatch(new RegExp(`^${name} +${row.learning_rate} +done`, "m"));
    }
    expect(summary[0].target_step).toBe("5");
    expect(stdout).toContain(join(out, "figures", "b-mnist.png"));
    for (const color of ["#D55E00", "#0072B2", "#009E73"]) {
      const picture = await readPicture(join(out, "figures", "b-mnist.png"));
      expect(picture.count(color, { left: 0.12, right: 0.97, top: 0.17, bottom: 0.86 })).toBeGreaterThan(
        1000,
      );
    }
    const manifest = JSON.parse(readFileSync(join(out, "manifest.json"), "utf8"));
    expect(manifest).toMatchObject({
      formatVersion: 3,
      config: {
        epochs: 2,
        layerSizes: [784, 32, 784],
        trainLimit: 600,
        optimizers: [{ name: "rp" }, {}, {}],
      },
      engine: { name: "native" },
      divergence: { lossFactor: 100, patience: 20 },
    });
    expect(Object.keys(manifest.datasets[0].checksums)).toEqual([
      ...["train-images-idx3-ubyte", "train-labels-idx1-ubyte"],
      ...["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"],
    ]);
    expect(manifest.datasets[0]).toMatchObject({ name: "mnist", title: "MNIST", verified: true });
  });

  it("gives the same numbers again, whatever the number of threads, and others for another seed", async () => {
    const folder = temporaryFolder();
    const run = async (name: string, ...more: string[]) => {
      const out = join(folder, name);
      const options = [...three, "--quiet", "--out", out, ...more];
      expect((await call(["run", ...small, ...options])).code).toBe(0);
      return join(out, "runs");
    };
    const [one, two] = [await run("one", "--threads", "1"), await run("two", "--threads", "2")];
    const other = await run("other", "--seed", "1", "--threads", "1");
    for (const name of ["mnist-rp-lr2-seed0", "mnist-adam-lr0.001-seed0"]) {
      expect(withoutSeconds(join(two, `${name}.csv`))).toEqual(withoutSeconds(join(one, `${name}.csv`)));
      const [a, b] = [one, two].map((folder) => readFileSync(join(folder, `${name}.safetensors`)));
      expect(b.equals(a)).toBe(true);
    }
    const log = withoutSeconds(join(other, "mnist-rp-lr2-seed1.csv"));
    expect(log[0].testLoss).not.toBe(withoutSeconds(join(one, "mnist-rp-lr2-seed0.csv"))[0].testLoss);
    // Paired: both optimizers start from the same parameters.
    const [rp, adam] = ["mnist-rp-lr2-seed0", "mnist-adam-lr0.001-seed0"].map((name) =>
      withoutSeconds(join(one, `${name}.csv`)),
    );
    expect(adam[0]).toEqual(rp[0]);
  });

  it("follows the same trajectory on the reference engine", async () => {
    const folder = temporaryFolder();
    const tiny = [
      "--train-limit",
      "60",
      "--batch-size",
      "9",
      "--epochs",
      "1",
      "--layers",
      "784,6,784",
      ...three,
    ];
    const logs: ReturnType<typeof withoutSeconds>[][] = [];
    for (const engine of ["native", "reference"]) {
      const out = join(folder, engine);
      const options = ["--engine", engine, "--quiet", "--no-save-parameters", "--out", out];
      expect((await call(["run", ...tiny, ...options])).code).toBe(0);
      expect(readdirSync(join(out, "runs")).some((name) => name.endsWith(".safetensors"))).toBe(false);
      logs.push(
        ["rp-lr2", "adam-lr0.001", "sgd-lr5"].map((name) =>
          withoutSeconds(join(out, "runs", `mnist-${name}-seed0.csv`)),
        ),
      );
    }
    logs[0].forEach((log, index) => {
      log.forEach((row, line) => {
        // Six steps of float32 rounding, 6e-8 each on sums of some hundred terms.
        expect(row.testLoss / logs[1][index][line].testLoss).toBeCloseTo(1, 4);
      });
    });
  });

  it("keeps finished runs of the same configuration, redoes the others, and refuses another configuration", async () => {
    const out = join(temporaryFolder(), "results");
    const command = ["run", ...small, ...three, ...single, "--out", out];
    expect((await call(command)).code).toBe(0);
    const path = (name: string) => join(out, "runs", name);
    const before = statSync(path("mnist-rp-lr2-seed0.csv")).mtimeMs;
    const record = JSON.parse(readFileSync(path("mnist-sgd-lr5-seed0.json"), "utf8"));
    writeFileSync(path("mnist-sgd-lr5-seed0.json"), JSON.stringify({ ...record, status: "interrupted" }));

    const again = await call(command);
    expect(again.code).toBe(0);
    expect(again.stderr).toContain("RP, rate 2: kept, done at step 10");
    expect(again.stderr).toContain("Adam, rate 0.001: kept, done at step 10");
    expect(again.stderr).toContain("SGD, rate 5: done at step 10");
    expect(statSync(path("mnist-rp-lr2-seed0.csv")).mtimeMs).toBe(before);
    expect(JSON.parse(readFileSync(path("mnist-sgd-lr5-seed0.json"), "utf8")).status).toBe("done");

    const summary = readFileSync(join(out, "summary.csv"));
    const other = await call([...command, "--epochs", "3", "--seed", "4"]);
    expect(other.code).toBe(2);
    expect(other.stderr).toBe(
      `rp-bench: ${out}: holds results of another configuration: epochs is 2 there, 3 here (and 1 more); choose another --out\n`,
    );
    expect(readFileSync(join(out, "summary.csv"))).toEqual(summary);
  });

  it("redoes a run whose log is cut, damaged or missing, or whose parameters are gone", async () => {
    const out = join(temporaryFolder(), "results");
    const command = ["run", ...small, ...three, ...single, "--out", out];
    expect((await call(command)).code).toBe(0);
    const summary = readFileSync(join(out, "summary.csv"), "utf8");
    const log = join(out, "runs", "mnist-rp-lr2-seed0.csv");
    const whole = readFileSync(log, "utf8");
    const damages: [string, () => void][] = [
      ["cut", () => writeFileSync(log, whole.split("\n").slice(0, 2).join("\n").concat("\n"))],
      ["damaged", () => writeFileSync(log, whole.replace("0.", "x."))],
      ["missing", () => rmSync(log)],
      ["without parameters", () => rmSync(log.replace(".csv", ".safetensors"))],
      ["with a damaged record", () => writeFileSync(log.replace(".csv", ".json"), "{")],
    ];
    const losses = (text: string) => readCsv(text, "", SUMMARY_COLUMNS).map((row) => row.test_loss);
    for (const [what, damage] of damages) {
      damage();
      const again = await call(command);
      expect([again.code, what]).toEqual([0, what]);
      expect(again.stderr, what).toContain("RP, rate 2: done at step 10");
      expect(again.stderr, what).toContain("Adam, rate 0.001: kept");
      expect(losses(readFileSync(join(out, "summary.csv"), "utf8")), what).toEqual(losses(summary));
    }
  });

  it("prints what it can where every run fails, with the reason, and exits 1", async () => {
    const folder = temporaryFolder();
    const stub = join(folder, "stub.cjs");
    const addon = join(root, "native", "build", "rp_bench.node");
    writeFileSync(
      stub,
      `let steps = 0;
       module.exports = { ...require(${JSON.stringify(addon)}), sgd() {
         if (++steps > 8) throw Object.assign(new Error("no memory left"), { code: "OUT_OF_MEMORY" });
         return true;
       } };`,
    );
    const out = join(folder, "results");
    const { code, stdout, stderr } = await rpBench(
      ["run", ...small, "--optimizer", "sgd", "--verbose", "--out", out],
      {
        env: { RP_BENCH_ADDON: stub },
      },
    );
    expect(code).toBe(1);
    expect(stdout).toContain("failed at step 8");
    expect(stderr).toContain("SGD, rate 5: failed at step 8: no memory left");
    expect(stderr).toContain("caused by: Error: no memory left");
    const quiet = ["run", ...small, "--optimizer", "sgd", "--quiet", "--out", out];
    const again = await rpBench(quiet, { env: { RP_BENCH_ADDON: stub } });
    expect(again.stderr).toMatch(/^SGD, rate 5, seed 0: failed at step 8: no memory left/m);
    const record = JSON.parse(readFileSync(join(out, "runs", "mnist-sgd-lr5-seed0.json"), "utf8"));
    expect(record).toMatchObject({ status: "failed", step: 8, reason: "no memory left" });
    expect(record.lastFiniteLoss).toBeGreaterThan(0);
  });

  it("says of a run that blew up too late for the rule, and exits 1; the record stays done", async () => {
    const out = temporaryFolder();
    // Ten steps are too few for the rule; at its tuned rate RP multiplies its loss on one hidden layer at each.
    const args = [
      "run",
      ...small,
      "--optimizer",
      "rp",
      "--optimizer",
      "adam",
      "--no-save-parameters",
      ...single,
      "--out",
      out,
    ];
    for (const flag of ["--quiet", "--json"]) {
      const { code, stdout, stderr } = await rpBench([...args, flag]);
      expect(code).toBe(1);
      expect(
        stderr.match(/^rp-bench: RP blew up: its test loss ended above 100 times its first/gm),
      ).toHaveLength(1);
      expect(stderr.match(/^rp-bench: warning: --layers: the rates of RP, Adam are tuned/gm)).toHaveLength(1);
      if (flag === "--json") expect(JSON.parse(stdout).blewUp).toEqual(["mnist-rp-lr20-seed0"]);
      else expect(stdout).toMatch(/RP +20 +done, blew up[\s\S]*Adam +0\.001 +done {2}/);
    }
    expect(readSummary(out).map(({ status }) => status)).toEqual(["done", "done"]);
  });

  it("keeps a diverged run as data, goes on with the others, and exits 1", async () => {
    const out = join(temporaryFolder(), "results");
    const rates = ["--optimizer", "sgd", "--lr", "1e6", "--optimizer", "adam", "--lr", "0.001"];
    const { code, stdout, stderr } = await call([
      "run",
      ...small,
      "--eval-every",
      "1",
      ...rates,
      "--out",
      out,
    ]);
    expect(code).toBe(1);
    const [sgd, adam] = readSummary(out);
    expect(sgd).toMatchObject({ status: "diverged", test_loss: "", learning_rate: "1000000" });
    expect(adam.status).toBe("done");
    expect(stdout).toContain(`diverged at step ${sgd.step}`);
    expect(stderr).toMatch(
      /SGD, rate 1000000: diverged at step \d+: (the batch loss is|a parameter is not finite)/,
    );
    const log = readRunLog(join(out, "runs", "mnist-sgd-lr1000000-seed0.csv"));
    expect(log.length).toBeGreaterThan(0);
    expect(log.every(({ trainLoss }) => Number.isFinite(trainLoss))).toBe(true);
    expect(existsSync(join(out, "figures", "b-mnist.png"))).toBe(true);
    expect(existsSync(join(out, "runs", "mnist-sgd-lr1000000-seed0.safetensors"))).toBe(false);
  });

  it("prints JSON alone with --json and nothing on stderr with --quiet", async () => {
    const out = join(temporaryFolder(), "results");
    const options = ["--optimizer", "sgd", "--lr", "5", "--json", "--quiet", "--out", out];
    const { code, stdout, stderr } = await call(["run", ...small, ...options]);
    expect([code, stderr]).toEqual([0, ""]);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ folder: out, interrupted: false, engine: { name: "native" } });
    expect(result.summary[0]).toMatchObject({ optimizer: "sgd", status: "done", targetStep: null });
  });

  it("reads a configuration file, with labels of its own", async () => {
    const folder = temporaryFolder();
    const config = join(folder, "config.json");
    const optimizers = [
      { name: "rp", learningRate: 10, momentum: 0.5, nesterov: true, label: "rp-nesterov" },
      { name: "rp", learningRate: 10 },
    ];
    writeFileSync(
      config,
      JSON.stringify({ layerSizes: [784, 16, 784], trainLimit: 200, epochs: 1, optimizers }),
    );
    const out = join(folder, "results");
    expect((await call(["run", "--config", config, "--out", out])).code).toBe(0);
    const [nesterov, plain] = readSummary(out);
    expect([nesterov.label, plain.label]).toEqual(["rp-nesterov", "rp"]);
    expect(nesterov.test_loss).not.toBe(plain.test_loss);
    expect([nesterov.settings, plain.settings]).toEqual(["Nesterov momentum 0.5", ""]);
  });

  it("samples curvature where asked, with the same result on any number of threads", async () => {
    const folder = temporaryFolder();
    const logs = [];
    for (const threads of ["1", "3"]) {
      const out = join(folder, threads);
      const options = ["--outputs", "16", "--curvature-decay", "0.9", "--threads", threads, "--out", out];
      const { code, stderr } = await call(["run", ...small, "--optimizer", "rp", "--lr", "2", ...options]);
      expect(code).toBe(0);
      const warned = stderr.includes(`warning: ${threads} threads on`);
      expect(warned).toBe(Number(threads) > usableCores());
      logs.push(withoutSeconds(join(out, "runs", "mnist-rp-sampled16-lr2-seed0.csv")));
    }
    expect(logs[1]).toEqual(logs[0]);
    expect(logs[0][2].testLoss).toBeLessThan(logs[0][0].testLoss);
  });

  it("names its folder by time where it is not told one", async () => {
    const cwd = temporaryFolder();
    expect((await rpBench(["run", ...small, "--optimizer", "sgd"], { cwd })).code).toBe(0);
    const [name, ...others] = readdirSync(join(cwd, "results"));
    expect(name).toMatch(/^\d{4}-\d\d-\d\d-\d{6}-run-mnist$/);
    expect(others).toEqual([]);
    const { code, stdout } = await rpBench(["plot", "--format", "svg"], { cwd });
    expect([code, stdout.split("\n")[0]]).toEqual([0, join("results", name, "figures", "b-mnist.svg")]);
  });
});

describe("bad input", () => {
  const refused = async (args: string[], code: number, message: string | RegExp) => {
    const cwd = temporaryFolder();
    const finished = await call(args, { cwd });
    expect(finished.stderr).toMatch(/^rp-bench: [^\n]+\n$/);
    if (typeof message === "string") expect(finished.stderr).toBe(`rp-bench: ${message}\n`);
    else expect(finished.stderr).toMatch(message);
    expect(finished.code).toBe(code);
    expect(finished.stdout).toBe("");
    expect(readdirSync(cwd)).toEqual([]); // nothing written
  };

  it.each<[string[], string]>([
    [["--dataset", "imagenet"], '--dataset: must be one of mnist, fashion-mnist, cifar10, got "imagenet"'],
    [
      ["--optimizer", "lion"],
      '--optimizer: must be one of rp, adam, sgd, adamw, amsgrad, rmsprop, adagrad, adahessian, sophia, or the path of a module, ./mine.mjs, got "lion"',
    ],
    [["--optimizer", "sgd", "--lr", "-1"], "--lr: must be a positive number, got -1"],
    [["--batch-size", "0"], "--batch-size: must be at least 1, got 0"],
    [
      ["--train-limit", "100", "--batch-size", "91"],
      "batchSize (--batch-size): must be at most 90, the images mnist trains on here, got 91",
    ],
    [["--train-limit", "60001"], "trainLimit (--train-limit): mnist has 60000 training images, got 60001"],
    [
      ["--layers", "784,32,780"],
      "--layers: must begin and end with 784, the image size of mnist, got 784,32,780",
    ],
    [["--engine", "cuda"], '--engine: must be one of auto, native, wasm, reference, tfjs, got "cuda"'],
    [
      ["--config", "none.json"],
      "none.json: cannot be read (ENOENT: no such file or directory, open 'none.json')",
    ],
    [
      ["--out", "/dev/null/x"],
      "/dev/null/x: cannot be written (ENOTDIR: not a directory, mkdir '/dev/null/x/runs'); choose another --out",
    ],
  ])("run %j", async (args, message) => refused(["run", ...args], 2, message));

  it.each<[string[], RegExp]>([
    [["run", "--lr", "fast"], /option '--lr <rate>' argument 'fast' is invalid\. It must be a number\./],
    [["run", "--epoch", "3"], /unknown option '--epoch' \(Did you mean --epochs\?\)/],
    [["run", "extra"], /too many arguments/],
    [["rum"], /unknown command 'rum' \(Did you mean run\?\)/],
    [["plot", "--format", "gif"], /Allowed choices are png, svg/],
    [["plot", "nowhere"], /nowhere: not a result folder, it has no runs\//],
    [["plot"], /results\/: holds no results; name a folder or run: rp-bench run/],
  ])("%j", async (args, message) => refused(args, 2, message));

  it("refuses a folder that holds other files, and leaves them", async () => {
    const out = temporaryFolder();
    writeFileSync(join(out, "thesis.tex"), "x");
    const { code, stderr } = await call(["run", ...small, "--out", out]);
    expect([code, stderr]).toEqual([
      2,
      `rp-bench: ${out}: holds other files already; choose another --out\n`,
    ]);
    expect(readdirSync(out)).toEqual(["thesis.tex"]);
  });

  it.each([
    [["--out", ""], "rp-bench: --out: must name a folder, got an empty text\n"],
    [["--out", "/proc/x/y"], /^rp-bench: \/proc\/x\/y: cannot be written \(ENOENT[^\n]+\n$/],
  ])("ends at once for %j", async (args, message) => {
    const cwd = temporaryFolder();
    const { code, stderr } = await call(["run", ...small, ...args], { cwd });
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(readdirSync(cwd)).toEqual([]);
  });

  it("refuses a folder with a foreign runs/, and a second process on a folder", async () => {
    const out = temporaryFolder();
    mkdirSync(join(out, "runs"));
    writeFileSync(join(out, "runs", "events.out.tfevents"), "x");
    expect((await rpBench(["run", ...small, "--out", out])).stderr).toContain("holds other files already");

    const shared = join(temporaryFolder(), "results");
    const endless = [
      "run",
      "--optimizer",
      "sgd",
      "--epochs",
      "100000",
      "--train-limit",
      "600",
      "--out",
      shared,
    ];
    const first = start(endless);
    await first.stderrHas("(step 0)");
    const { code, stderr } = await rpBench(endless);
    expect([code, stderr]).toEqual([
      2,
      `rp-bench: ${shared}: process ${first.child.pid} is writing to it (${join(shared, ".lock")}); choose another --out\n`,
    ]);
    first.child.kill("SIGINT");
    expect((await first.finished).code).toBe(130);
    expect(existsSync(join(shared, ".lock"))).toBe(false);
  });

  it("names a damaged manifest, log or record", async () => {
    const out = temporaryFolder();
    mkdirSync(join(out, "runs"));
    writeFileSync(join(out, "manifest.json"), "{");
    const broken = await call(["run", ...small, "--out", out]);
    expect(broken.code).toBe(2);
    expect(broken.stderr).toMatch(/manifest\.json: not JSON/);
    writeFileSync(join(out, "runs", "mnist-rp-lr2-seed0.csv"), `${LOG_COLUMNS.join(",")}\n0,0,0,a,b,c\n`);
    writeFileSync(join(out, "summary.csv"), "garbage\n");
    const summary = await call(["plot", out]);
    expect(summary.stderr).toMatch(/summary\.csv: has no column problem/);
    rmSync(join(out, "summary.csv"));
    const log = await call(["plot", out]);
    expect(log.code).toBe(2);
    expect(log.stderr).toMatch(/mnist-rp-lr2-seed0\.csv: train_loss is not a number: a/);
  });

  it("trains through TensorFlow.js as natively, on the backend that is asked for", async () => {
    const folder = temporaryFolder();
    const flags = [...small, "--epochs", "1", "--optimizer", "adam", "--lr", "0.001", "--quiet"];
    const engines = { native: [], wasm: ["--engine", "tfjs", "--backend", "wasm"] };
    const losses: number[] = [];
    for (const [name, engine] of Object.entries(engines)) {
      const out = join(folder, name);
      expect((await call(["run", ...flags, ...engine, "--out", out])).code).toBe(0);
      losses.push(Number(readSummary(out)[0].test_loss));
      const record = JSON.parse(readFileSync(join(out, "runs", "mnist-adam-lr0.001-seed0.json"), "utf8"));
      expect(record.engine).toMatchObject(
        name === "wasm" ? { name: "tfjs", instructionSet: "wasm" } : { name: "native" },
      );
    }
    expect(Math.abs(losses[1] / losses[0] - 1)).toBeLessThan(1e-5);
  });

  it.each([
    [
      ["--engine", "tfjs", "--backend", "webgpu"],
      3,
      /webgpu of TensorFlow\.js is not installed; install it: npm install .*webgpu/,
    ],
    [["--engine", "tfjs", "--backend", "tensorflow"], 3, /install it: npm install .*@tensorflow\/tfjs-node@/],
    [
      ["--engine", "tfjs", "--backend", "gpu"],
      2,
      /--backend: must be one of auto, tensorflow, webgpu, wasm, cpu, got "gpu"/,
    ],
    [["--backend", "wasm"], 2, /--backend: goes with the tfjs engine \(--engine tfjs\), got wasm/],
    [["--engine", "native", "--tensor-memory", "7"], 2, /--tensor-memory: goes with the tfjs engine/],
    [
      ["--engine", "tfjs", "--threads", "8"],
      2,
      /--threads: goes with the native and wasm engines; tfjs has its own, got 8/,
    ],
    [["--engine", "tfjs", "--tensor-memory", "0"], 2, /--tensor-memory: must be at least 1, got 0/],
  ])("ends with one line for %j", async (flags, exitCode, message) => {
    const out = join(temporaryFolder(), "results");
    const { code, stderr } = await call(["run", ...small, ...flags, "--out", out]);
    expect(code).toBe(exitCode);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(existsSync(out)).toBe(false);
  });

  it("shows a stack only with --verbose", async () => {
    const { stderr } = await rpBench(["run", "--dataset", "x", "--verbose"]);
    expect(stderr).toMatch(/RpBenchError[\s\S]*\n {4}at /);
  });
});
