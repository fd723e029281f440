// Step times of every optimizer on every engine there is, and their rates relative to our own 1024³ product.
//
//   npm run bench -- [--quick] [--json]
//
// All contestants take turns, round after round; the medians are over rounds. Compare ratios, not milliseconds, between
// machines. Against PyTorch and JAX: npm run bench:peers.
import { usableCores } from "../dist/processors.js";
import { formatTable } from "../dist/table.js";
import { ourProduct, ourSteps } from "./contestants.js";
import { curvatureBatchFlops, curvatureFlops, trainingFlops } from "./flops.js";
import { createProblem, LEARNING_RATES, median, readArguments } from "./problem.js";

const { values } = readArguments({ quick: { type: "boolean" }, json: { type: "boolean" } });
const rounds = values.quick ? 3 : 9;
const problem = await createProblem();
const optimizers = {
  sgd: { name: "sgd", learningRate: LEARNING_RATES.sgd },
  adam: { name: "adam", learningRate: LEARNING_RATES.adam },
  "rp sampled 32": { name: "rp", learningRate: LEARNING_RATES.rp, curvature: { outputs: 32 } },
  rp: { name: "rp", learningRate: LEARNING_RATES.rp },
};
const flops = {
  sgd: trainingFlops(problem),
  adam: trainingFlops(problem),
  "rp sampled 32": trainingFlops(problem) + curvatureFlops(problem, 32) + curvatureBatchFlops(problem, 32),
  rp: trainingFlops(problem) + curvatureFlops(problem) + curvatureBatchFlops(problem),
};

/** Engines by what is there; the environment variable is read when kernels are loaded. */
const engines = [];
for (const threads of [...new Set([1, usableCores()])]) {
  for (const instructionSet of ["", "portable"]) engines.push({ engine: "native", threads, instructionSet });
}
if (!values.quick) engines.push({ engine: "reference", threads: 1, instructionSet: "" });

const contestants = [];
for (const { engine, threads, instructionSet } of engines) {
  process.env.RP_BENCH_INSTRUCTION_SET = instructionSet;
  for (const [name, optimizer] of Object.entries(optimizers)) {
    if (engine === "reference" && name === "rp") continue; // some 5 s a step
    try {
      const contestant = await ourSteps(problem, { engine, threads, optimizer });
      const { instructionSet: set } = contestant.description; // "" stands for one of them
      contestants.push({ engine, threads, instructionSet, set, name, ...contestant, medians: [] });
    } catch (error) {
      if (error.code !== "ENGINE_UNAVAILABLE") throw error;
      process.stderr.write(`${engine}: ${error.message}\n`);
      break;
    }
  }
  const native = contestants.findLast((each) => each.engine === "native");
  if (engine === "native" && native) {
    contestants.push({
      engine,
      threads,
      instructionSet,
      set: native.set,
      name: "1024³ product",
      ...ourProduct(threads),
      medians: [],
    });
  }
}

for (let round = 0; round < rounds; round++) {
  for (const contestant of contestants) {
    const { name, engine } = contestant;
    if (engine === "reference" && round > 0) continue;
    const steps = engine === "reference" ? 1 : name === "rp" ? 2 : name.startsWith("1024") ? 3 : 10;
    contestant.medians.push(median(await contestant.time(steps)));
  }
  process.stderr.write(`round ${round + 1} of ${rounds}\n`);
}
for (const { dispose } of contestants) dispose();

const results = contestants.map(({ engine, threads, instructionSet, set, name, medians }) => {
  const seconds = median(medians);
  const product = contestants.find(
    (each) =>
      each.name === "1024³ product" && each.threads === threads && each.instructionSet === instructionSet,
  );
  const rate = (name === "1024³ product" ? 2 * 1024 ** 3 : flops[name]) / seconds / 1e9;
  const productRate = product && engine === "native" ? (2 * 1024 ** 3) / median(product.medians) / 1e9 : null;
  return {
    ...{ engine, instructionSet: set, threads, name, milliseconds: seconds * 1000, gigaflops: rate },
    relativeToProduct: productRate && rate / productRate,
  };
});
if (values.json) {
  process.stdout.write(`${JSON.stringify({ rounds, results }, null, 2)}\n`);
} else {
  const rows = results.map((each) => [
    each.engine,
    each.instructionSet,
    String(each.threads),
    each.name,
    each.milliseconds.toFixed(2),
    each.gigaflops.toFixed(1),
    each.relativeToProduct === null ? "–" : each.relativeToProduct.toFixed(2),
  ]);
  const head = ["engine", "instructions", "threads", "step", "ms", "GFLOP/s", "of the product"];
  process.stdout.write(`${formatTable([head, ...rows])}\n`);
}
