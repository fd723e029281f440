// How a step's time grows with outputs, batch size and threads: one file of numbers and three figures.
//
//   node benchmarks/scaling.js [--rounds N] [--save]
//
// --save keeps the numbers in benchmarks/results/<kind>/scaling.json.
import { usableCores } from "../dist/processors.js";
import { ourSteps } from "./contestants.js";
import { machineOf, saveResults } from "./machine.js";
import { createProblem, LEARNING_RATES, median, readArguments } from "./problem.js";

const options = { rounds: { type: "string", default: "9" }, save: { type: "boolean" } };
const { values } = readArguments(options);
const rounds = Number(values.rounds);
const cores = usableCores();
const rp = { name: "rp", learningRate: LEARNING_RATES.rp / 20 }; // 1 is safe for every shape
const optimizers = {
  "RP exact": rp,
  "RP, 32 outputs": { ...rp, curvature: { outputs: 32 } },
  Adam: { name: "adam", learningRate: LEARNING_RATES.adam },
  SGD: { name: "sgd", learningRate: 0.1 },
};

const points = [];
const point = (series, x, shape, settings) => points.push({ series, x, shape, settings });
for (const [name, optimizer] of Object.entries(optimizers)) {
  for (const inputs of [98, 196, 392, 784, 1568, 3072])
    point(`outputs/${name}`, inputs, { inputs }, { optimizer });
  for (const batchSize of [25, 50, 100, 200, 400])
    point(`batch/${name}`, batchSize, { batchSize }, { optimizer });
  const threadCounts = Array.from({ length: cores }, (_, index) => index + 1);
  for (const threads of threadCounts) point(`threads/${name}`, threads, {}, { optimizer, threads });
}
for (const each of points) {
  each.contestant = await ourSteps(await createProblem(each.shape), { threads: cores, ...each.settings });
  each.medians = [];
}
for (let round = 0; round < rounds; round++) {
  for (const { contestant, series, medians } of points) {
    medians.push(median(await contestant.time(series.endsWith("exact") ? 2 : 10)));
  }
  process.stderr.write(`round ${round + 1} of ${rounds}\n`);
}
const results = points.map(({ series, x, medians }) => ({ series, x, milliseconds: 1000 * median(medians) }));
if (values.save) saveResults("scaling", { machine: machineOf(cores), rounds, results });
for (const { series, x, milliseconds } of results) {
  process.stdout.write(`${series} ${x}: ${milliseconds.toFixed(3)} ms\n`);
}
process.exit(0);
