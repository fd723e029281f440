// Where a step's time goes: each kernel alone, its arithmetic and memory traffic, and how near it comes to what limits
// it: the rate of our 1024³ product, or the bandwidth of a plain pass over arrays of the parameters' size.
//
//   node benchmarks/kernels.js [--threads N] [--rounds N] [--json FILE]
import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { loadNativeKernels } from "../dist/kernels/native.js";
import { formatTable } from "../dist/table.js";
import { ourProduct } from "./contestants.js";
import { curvatureBatchFlops, curvatureFlops } from "./flops.js";
import { createProblem, median, readArguments } from "./problem.js";

const { values } = readArguments({
  threads: { type: "string", default: String(Math.min(2, availableParallelism())) },
  rounds: { type: "string", default: "15" },
  json: { type: "string" },
});
const threads = Number(values.threads);
const rounds = Number(values.rounds);
const problem = await createProblem();
const { layerSizes, batchSize: rows, batch, parameters } = problem;
const network = loadNativeKernels({ threads }).createNetwork(
  { layerSizes, activation: "tanh", rows, loss: "mse", curvatureBound: "jaakkola-jordan" },
  "single",
);
const count = parameters.length;
const array = () => new Float32Array(count);
const [w, g, h, m, v] = [parameters.slice(), array(), array(), array(), array()];
const none = { buffer: null, coefficient: 0, nesterov: false };
const noAverage = { buffer: null, decay: 0 };
const sample = Int32Array.from({ length: 32 }, (_, n) => Math.floor((n * 784) / 32));
const adam = { learningRate: 0, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, step: 10 };

// Multiply-adds of all weights once; sizes of what must be read or written at least once, in bytes.
let products = 0;
for (let l = 0; l + 1 < layerSizes.length; l++) products += layerSizes[l] * layerSizes[l + 1];
const first = layerSizes[0] * layerSizes[1];
const units = rows * layerSizes.reduce((sum, n) => sum + n, 0);
const P = 4 * count;
const A = 4 * units;
const kernels = [
  ["forward", () => network.forward(w, batch, rows), 2 * rows * products, P + 2 * A],
  ["loss", () => network.loss(batch, rows), 4 * rows * 784, 3 * 4 * rows * 784],
  ["gradient", () => network.gradient(w, batch, rows, g), 2 * rows * (2 * products - first), 2 * P + 3 * A],
  [
    "curvature, exact",
    () => network.curvature(w, batch, rows, 0, rows, null, h),
    curvatureFlops(problem) + curvatureBatchFlops(problem),
    2 * P + 3 * A,
  ],
  [
    "curvature, 32 outputs",
    () => network.curvature(w, batch, rows, 0, rows, sample, h),
    curvatureFlops(problem, 32) + curvatureBatchFlops(problem, 32),
    2 * P + 3 * A,
  ],
  ["update, SGD", () => network.sgd(w, g, 0, none), 2 * count, 3 * P],
  ["update, Adam", () => network.adam(w, g, { firstMoment: m, secondMoment: v }, adam), 12 * count, 7 * P],
  ["update, RP", () => network.residualPartitioning(w, g, h, 0, none, noAverage), 3 * count, 4 * P],
];

const product = ourProduct(threads);
const times = new Map(kernels.map(([name]) => [name, []]));
const productTimes = [];
for (let round = 0; round < rounds; round++) {
  productTimes.push(median(await product.time(3)));
  network.forward(w, batch, rows);
  network.loss(batch, rows);
  for (const [name, run] of kernels) {
    const repeats = name === "curvature, exact" ? 3 : 40;
    run();
    const seconds = [];
    for (let i = 0; i < repeats; i++) {
      const start = performance.now();
      run();
      seconds.push((performance.now() - start) / 1000);
    }
    times.get(name).push(median(seconds));
  }
}
const peak = (2 * 1024 ** 3) / median(productTimes);
const stream = (3 * P) / median(times.get("update, SGD"));
const results = kernels.map(([name, , flops, bytes]) => {
  const seconds = median(times.get(name));
  const limit = Math.max(flops / peak, bytes / stream);
  return {
    ...{ name, microseconds: seconds * 1e6, flops, bytes, intensity: flops / bytes },
    ...{ gigaflops: flops / seconds / 1e9, gigabytes: bytes / seconds / 1e9 },
    ...{ bound: flops / peak > bytes / stream ? "arithmetic" : "memory", ofLimit: limit / seconds },
  };
});
if (values.json) {
  const limits = { productGigaflops: peak / 1e9, streamGigabytes: stream / 1e9 };
  writeFileSync(values.json, `${JSON.stringify({ threads, rounds, limits, results }, null, 2)}\n`);
}
const rowsOfTable = results.map((each) => [
  ...[each.name, each.microseconds.toFixed(0), (each.flops / 1e6).toFixed(1), (each.bytes / 1e6).toFixed(2)],
  ...[
    each.intensity.toFixed(1),
    each.gigaflops.toFixed(1),
    each.gigabytes.toFixed(1),
    each.bound,
    each.ofLimit.toFixed(2),
  ],
]);
const head = ["kernel", "µs", "MFLOP", "MB", "FLOP/byte", "GFLOP/s", "GB/s", "bound by", "of the limit"];
process.stdout.write(`${formatTable([head, ...rowsOfTable])}\n`);
process.stdout.write(
  `limits: ${(peak / 1e9).toFixed(1)} GFLOP/s, ${(stream / 1e9).toFixed(1)} GB/s, ${threads} threads\n`,
);
product.dispose();
network.dispose();
