// Step times of the native and the WebAssembly kernels, on one thread and on all, and of every backend of TensorFlow.js
// that is installed, as a table in Markdown.
//
//   npm run bench:backends -- [--rounds N] [--json]
//   node node_modules/rp-bench/benchmarks/backends.js     in a project that has backends installed
//
// All take turns, round after round; the medians are over rounds. On a machine with other work the numbers say little.
import { cpus } from "node:os";
import { ourSteps } from "./contestants.js";
import { createProblem, LEARNING_RATES, median, readArguments } from "./problem.js";

const ENGINES = [
  { name: "native", engine: "native" },
  { name: "native, 1 thread", engine: "native", threads: 1 },
  { name: "wasm", engine: "wasm" },
  { name: "wasm, 1 thread", engine: "wasm", threads: 1 },
  ...["tensorflow", "webgpu", "wasm", "cpu"].map((backend) => ({
    name: `tfjs ${backend}`,
    engine: "tfjs",
    backend,
  })),
];
const OPTIMIZERS = {
  SGD: { name: "sgd", learningRate: LEARNING_RATES.sgd },
  Adam: { name: "adam", learningRate: LEARNING_RATES.adam },
  "RP, 32 outputs": { name: "rp", learningRate: LEARNING_RATES.rp, curvature: { outputs: 32 } },
  "RP exact": { name: "rp", learningRate: LEARNING_RATES.rp },
};
/** A turn takes about so long, between 1 and 10 steps. */
const TURN_SECONDS = 0.5;
/** A step that takes longer is timed but once. */
const SLOW_SECONDS = 2;

const { values } = readArguments({ rounds: { type: "string", default: "9" }, json: { type: "boolean" } });
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) {
  process.stderr.write(`bench: --rounds: must be a whole number from 1, got ${values.rounds}\n`);
  process.exit(2);
}
const problem = await createProblem();

const contestants = [];
const absent = [];
for (const { name, ...engine } of ENGINES) {
  try {
    for (const [step, optimizer] of Object.entries(OPTIMIZERS)) {
      const contestant = await ourSteps(problem, { ...engine, optimizer });
      contestants.push({ ...contestant, name, step, medians: [] });
    }
  } catch (error) {
    if (error.code !== "ENGINE_UNAVAILABLE") throw error;
    absent.push({ name, why: error.message });
  }
}

for (const contestant of contestants) {
  contestant.seconds = median(await contestant.time(1));
  if (contestant.seconds > SLOW_SECONDS) contestant.medians.push(contestant.seconds);
  contestant.steps = Math.max(1, Math.min(10, Math.floor(TURN_SECONDS / contestant.seconds)));
}
for (let round = 0; round < rounds; round++) {
  for (const { time, seconds, steps, medians } of contestants) {
    if (seconds <= SLOW_SECONDS) medians.push(median(await time(steps)));
  }
  process.stderr.write(`round ${round + 1} of ${rounds}\n`);
}
for (const { dispose } of contestants) dispose();

const results = contestants.map(({ name, step, description, medians }) => ({
  ...{ name, step, instructionSet: description.instructionSet, threads: description.threads },
  milliseconds: 1000 * median(medians),
}));
const versions = Object.assign({ node: process.versions.node }, ...contestants.map((one) => one.versions));
const machine = { processor: cpus()[0]?.model.trim(), cores: cpus().length };
if (values.json) {
  process.stdout.write(`${JSON.stringify({ rounds, machine, versions, results, absent }, null, 2)}\n`);
} else {
  const names = [...new Set(results.map(({ name }) => name))];
  const of = (name, step) => results.find((one) => one.name === name && one.step === step).milliseconds;
  const row = (cells) => `| ${cells.join(" | ")} |\n`;
  const lines = [
    row(["ms a step", ...names]),
    row(["---", ...names.map(() => "---:")]),
    ...Object.keys(OPTIMIZERS).map((step) => row([step, ...names.map((name) => of(name, step).toFixed(1))])),
    row(["RP exact / SGD", ...names.map((name) => (of(name, "RP exact") / of(name, "SGD")).toFixed(1))]),
    `\n${machine.processor}, ${machine.cores} cores; `,
    `${Object.entries(versions)
      .map((pair) => pair.join(" "))
      .join(", ")}; medians of ${rounds} rounds.\n`,
    ...absent.map(({ name, why }) => `Absent: ${name} (${why})\n`),
  ];
  process.stdout.write(lines.join(""));
}
