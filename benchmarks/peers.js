// Our steps beside PyTorch's, JAX's and BackPACK's: same shapes, same mathematics, checked equal on one batch first,
// then timed in turns, round after round. Ratios are medians of each round's ratio.
//
//   benchmarks/peers/setup && npm run bench:peers -- [--rounds 15] [--quick] [--save]
//
// --save keeps the numbers as those of this kind of machine, in benchmarks/results/<kind>/peers.json.
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { formatTable } from "../dist/table.js";
import { ourProduct, ourSteps, PeerProcess } from "./contestants.js";
import { curvatureFlops } from "./flops.js";
import { machineOf, saveResults } from "./machine.js";
import { createProblem, LEARNING_RATES, median, readArguments } from "./problem.js";
import { judge } from "./targets.js";

const options = {
  rounds: { type: "string", default: "15" },
  quick: { type: "boolean" },
  save: { type: "boolean" },
};
const { values } = readArguments(options);
const rounds = values.quick ? 3 : Number(values.rounds);
const THREADS = 2;
const folder = join(dirname(fileURLToPath(import.meta.url)), "peers");
const python = join(folder, ".venv", "bin", "python");
if (!existsSync(python)) {
  process.stderr.write("the peers are not installed; run: benchmarks/peers/setup\n");
  process.exit(3);
}
const note = (text) => process.stderr.write(`${text}\n`);

const problem = await createProblem();
const large = await createProblem({ inputs: 3072 });
const work = mkdtempSync(join(tmpdir(), "rp-bench-peers-"));
const bytes = (array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength);
writeFileSync(join(work, "parameters.f32"), bytes(problem.parameters));
writeFileSync(join(work, "batch.f32"), bytes(problem.batch));
const { layerSizes, batchSize, learningRates } = problem;
writeFileSync(join(work, "problem.json"), JSON.stringify({ layerSizes, batchSize, learningRates }));

const optimizers = Object.fromEntries(
  Object.entries(LEARNING_RATES).map(([name, learningRate]) => [name, { name, learningRate }]),
);
const sampled = { ...optimizers.rp, curvature: { outputs: 32 } };

/** name -> { time(steps), steps }; the order is the order of a round. */
const contestants = new Map();
const versions = {};
const ours = async (name, steps, shape, settings) =>
  contestants.set(name, { steps, ...(await ourSteps(shape, { threads: THREADS, ...settings })) });

await ours("ours sgd", 20, problem, { optimizer: optimizers.sgd });
await ours("ours adam", 20, problem, { optimizer: optimizers.adam });
await ours("ours rp", 3, problem, { optimizer: optimizers.rp });
await ours("ours rp sampled 32", 10, problem, { optimizer: sampled });
await ours("ours rp, one thread", 2, problem, { optimizer: optimizers.rp, threads: 1 });
await ours("ours rp, 3072 outputs", 2, large, { optimizer: optimizers.rp });
contestants.set("ours product", { steps: 3, ...ourProduct(THREADS) });

const processes = [];
/** Labels, threads, whether idle workers spin, and which contestants to take (null: all). */
const peers = [
  ["pytorch", "pytorch", THREADS, false, null],
  ["pytorch spinning", "pytorch", THREADS, true, ["sgd", "sgd compiled", "adam", "adam compiled"]],
  ["jax", "jax", THREADS, false, null],
  ["pytorch, one thread,", "pytorch", 1, false, ["sgemm"]],
];
for (const [prefix, kind, threads, spins, wanted] of peers) {
  const peer = new PeerProcess(python, join(folder, "worker.py"), kind, work, threads, spins);
  processes.push(peer);
  const { names, versions: found } = await peer.request({ command: "list" });
  Object.assign(versions, found);
  for (const name of wanted ?? names) {
    const label = `${prefix} ${name}`;
    const { setting, error } = await peer.request({ command: "prepare", name });
    if (error) {
      note(`${label}: left out: ${error}`);
      continue;
    }
    note(`${label}${setting ? `: best chunk ${setting} outputs` : ""}`);
    const slow = name.startsWith("rp") ? 2 : name.startsWith("diagonal") ? 1 : name === "sgemm" ? 3 : 20;
    contestants.set(label, { steps: slow, setting, time: (steps) => peer.time(name, steps) });
    const optimizer = optimizers[name.replace(" compiled", "")];
    if (optimizer) await checkEqual(peer, name, label, optimizer);
  }
}

/** One step from the start: the same loss, and the same change of the parameters. */
async function checkEqual(peer, name, label, optimizer) {
  const out = join(work, "after.f32");
  const { loss, error } = await peer.request({ command: "check", name, out });
  if (error) throw new Error(`${label}: ${error}`);
  const mine = await ourSteps(problem, { threads: THREADS, optimizer });
  const { loss: ourLoss } = await mine.session.step(problem.batch);
  const after = mine.session.parameters();
  mine.dispose();
  const theirs = new Float32Array(readFileSync(out).buffer.slice(0));
  let scale = 0;
  for (let i = 0; i < after.length; i++) scale = Math.max(scale, Math.abs(after[i] - problem.parameters[i]));
  // Adam's first step is λ g / (|g| + 1e-8): where |g| is as small as its rounding, so is the agreement.
  const off = after.reduce(
    (count, value, i) => count + (Math.abs(value - theirs[i]) > 1e-3 * scale ? 1 : 0),
    0,
  );
  const share = off / after.length;
  if (!(Math.abs(loss / ourLoss - 1) < 1e-5) || theirs.length !== after.length || !(share < 1e-3)) {
    throw new Error(
      `${label} computes something else: loss ${loss} against ${ourLoss}, ${off} parameters differ`,
    );
  }
}

// Half the tanh network's units are never at f' = 0, so relu has a comparison of its own, at initialization: rate 1e-9.
const still = { ...optimizers.rp, learningRate: 1e-9 };
await ours("ours rp, tanh at initialization", 3, problem, { optimizer: still });
await ours("ours rp, relu at initialization", 3, problem, { optimizer: still, activation: "relu" });

// What is compared stands side by side in a round, and every other round runs backwards.
const side = (name) => [
  `ours ${name}`,
  ...["pytorch", "pytorch spinning", "jax"].flatMap((peer) => [
    `${peer} ${name}`,
    `${peer} ${name} compiled`,
  ]),
];
const pairs = ["ours rp", "pytorch sgemm", "ours rp, one thread", "pytorch, one thread, sgemm"];
const order = [
  ...side("sgd"),
  "ours rp sampled 32",
  ...side("adam"),
  "jax rp",
  "pytorch rp",
  "pytorch rp compiled",
  ...pairs,
];
const sequence = [...new Set([...order.filter((name) => contestants.has(name)), ...contestants.keys()])];
const medians = new Map(sequence.map((name) => [name, []]));
for (let round = 0; round < rounds; round++) {
  for (const name of round % 2 ? sequence.toReversed() : sequence) {
    const { time, steps } = contestants.get(name);
    medians.get(name).push(median(await time(steps)));
  }
  note(`round ${round + 1} of ${rounds}`);
}
for (const peer of processes) peer.close();
for (const { dispose } of contestants.values()) dispose?.();

const has = (name) => medians.has(name);
const seconds = (name) => median(medians.get(name));
const fastest = (names) => names.filter(has).sort((a, b) => seconds(a) - seconds(b))[0];
/** The median over rounds of a function of that round's times. */
const overRounds = (of) =>
  median(Array.from({ length: rounds }, (_, round) => of((name) => medians.get(name)[round])));
const ratio = (a, b) => overRounds((at) => at(a) / at(b));

const sgdPeer = fastest(side("sgd").slice(1));
const adamPeer = fastest(side("adam").slice(1));
const rpPeer = fastest(["pytorch rp", "pytorch rp compiled", "jax rp"]);
const product = 2 * 1024 ** 3;
const ratios = [
  ["SGD step / peer's", ratio("ours sgd", sgdPeer), sgdPeer],
  ["Adam step / peer's", ratio("ours adam", adamPeer), adamPeer],
  ["exact RP step / peer's", ratio("ours rp", rpPeer), rpPeer],
  [
    "5.14 GFLOP / RP step, of sgemm's rate",
    overRounds((at) => curvatureFlops(problem) / at("ours rp") / (product / at("pytorch sgemm"))),
    "pytorch sgemm",
  ],
  ["sampled RP step (32) / peer's SGD step", ratio("ours rp sampled 32", sgdPeer), sgdPeer],
  ["sampled RP step (32) / our SGD step", ratio("ours rp sampled 32", "ours sgd"), "ours"],
  [
    "relu RP step / tanh, at initialization",
    ratio("ours rp, relu at initialization", "ours rp, tanh at initialization"),
    "ours",
  ],
  ["RP step, 3072 outputs / 784", ratio("ours rp, 3072 outputs", "ours rp"), "ours"],
  [
    "RP, one thread → two, of sgemm's gain",
    overRounds(
      (at) =>
        at("ours rp, one thread") / at("ours rp") / (at("pytorch, one thread, sgemm") / at("pytorch sgemm")),
    ),
    "pytorch sgemm",
  ],
].flatMap(([what, value, against]) => (Number.isFinite(value) ? [{ what, value, against }] : []));

const times = [...medians].map(([name, all]) => ({
  ...{
    name,
    milliseconds: 1000 * median(all),
    least: 1000 * Math.min(...all),
    most: 1000 * Math.max(...all),
  },
  ...(contestants.get(name).setting ? { chunk: contestants.get(name).setting } : {}),
}));
const machine = machineOf(THREADS);
const date = new Date().toISOString().slice(0, 10);
if (values.save) saveResults("peers", { machine, date, rounds, versions, ratios, times });
const fixed = (value) => value.toFixed(2);
process.stdout.write(
  `${machine.processor}, ${machine.kind}, ${THREADS} threads\n\n${formatTable([
    ["step", "median ms", "least", "most"],
    ...times.map(({ name, milliseconds, least, most }) => [
      name,
      fixed(milliseconds),
      fixed(least),
      fixed(most),
    ]),
  ])}\n\n${formatTable([
    ["ratio", "measured", "target", "met", "against"],
    ...ratios.map(({ what, value, against }) => {
      const target = judge(what, value, machine.instructionSet);
      return [
        what,
        value.toFixed(3),
        target?.text ?? "–",
        target ? (target.met ? "yes" : "no") : "–",
        against,
      ];
    }),
  ])}\n`,
);
process.exit(0);
