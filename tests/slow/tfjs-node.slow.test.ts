// @tensorflow/tfjs-node works over the libtensorflow of a Python wheel and follows the native engine over 50 steps.

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { sharedFolder } from "../support/cli.js";
import { packTree } from "../support/tarball.js";

const project = sharedFolder();
const packing = sharedFolder();
const run = (command: string, args: string[]) => {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: project, encoding: "utf8" });
  expect(status, `${command} ${args.join(" ")}\n${stdout}${stderr}`).toBe(0);
  return stdout;
};
const setup = () =>
  run(process.execPath, [join("node_modules", "rp-bench", "scripts", "setup-tfjs-node.js")]);

beforeAll(() => {
  writeFileSync(join(project, "package.json"), "{}");
  run("npm", ["install", packTree(packing).tarball, "@tensorflow/tfjs-core@4.22.0"]);
  expect(setup()).toMatch(/4\.22\.0 works, with tensorflow-cpu==2\.15\.1/);
});

it("does nothing the second time", () => {
  expect(setup()).toMatch(/works already, with tensorflow-cpu==2\.15\.1/);
});

it("says what computes", () => {
  const script = `import { createEngine } from "rp-bench";
    console.log(JSON.stringify(await createEngine("tfjs", { backend: "tensorflow" })));`;
  expect(JSON.parse(run(process.execPath, ["--input-type=module", "-e", script]))).toEqual({
    description: { name: "tfjs", instructionSet: "tensorflow", threads: availableParallelism() },
    versions: {
      "@tensorflow/tfjs-core": "4.22.0",
      "@tensorflow/tfjs-node": "4.22.0",
      libtensorflow: "2.15.1",
    },
  });
});

/** Losses of 50 steps at rates of at most half of what diverges, natively and on libtensorflow. */
const script = `
import { createEngine, initialParameters } from "rp-bench";
const [backend, steps, ...sizes] = process.argv.slice(2);
const layerSizes = sizes.map(Number);
const engines = [await createEngine("native"), await createEngine("tfjs", { backend })];
// The small network bears less.
const rates = layerSizes[1] > 100 ? { sgd: 3.9, rp: 10 } : { sgd: 2, rp: 2 };
const optimizers = [{ name: "sgd", learningRate: rates.sgd }, { name: "adam", learningRate: 1e-3 }, { name: "rp", learningRate: rates.rp },
  { name: "rp", learningRate: rates.rp, curvature: { outputs: 32 } }];
const batch = Float32Array.from({ length: 78400 }, (_, i) => Math.abs(Math.sin(i * 12.9898) * 43758.5453) % 1);
const result = {};
for (const optimizer of optimizers) {
  const sessions = await Promise.all(engines.map((engine) =>
    engine.createSession({ layerSizes, optimizer, parameters: initialParameters(layerSizes, 0), batchSize: 100 })));
  let worst = 0;
  for (let step = 0; step < Number(steps); step++) {
    const [one, other] = await Promise.all(sessions.map((session) => session.step(batch)));
    worst = Math.max(worst, Math.abs(other.loss / one.loss - 1) / (1 + step));
  }
  sessions.forEach((session) => session.dispose());
  result[JSON.stringify(optimizer)] = worst;
}
console.log(JSON.stringify(result));`;

it.each([
  ["this Node", process.execPath, []],
  ["Node 24", "npx", ["--yes", "node@24"]],
])("follows the native engine, on %s", (_, command, args) => {
  writeFileSync(join(project, "parity.mjs"), script);
  expectParity(run(command, [...args, "parity.mjs", "tensorflow", "50", ...MNIST]));
});

// With a GPU, or SwiftShader's driver in VK_ICD_FILENAMES.
it.skipIf(!process.env.VK_ICD_FILENAMES)("follows the native engine on WebGPU", () => {
  run("npm", ["install", "@tensorflow/tfjs-backend-webgpu@4.22.0", "webgpu"]);
  writeFileSync(join(project, "parity.mjs"), script);
  expectParity(run(process.execPath, ["parity.mjs", "webgpu", "10", "784", "32", "16", "32", "784"]));
});

const MNIST = ["784", "256", "64", "256", "784"];

function expectParity(output: string): void {
  const worst: Record<string, number> = JSON.parse(output.trim().split("\n").slice(-1)[0]);
  expect(Object.keys(worst)).toHaveLength(4);
  // A float32 evaluation is off by some 1e-6, and where errors do not grow they add up from step to step. Adam's first
  // steps are g / |g|, whose sign rounding may turn where g is nearly 0: a few times as much.
  for (const [optimizer, value] of Object.entries(worst)) expect(value, optimizer).toBeLessThan(4e-6);
}
