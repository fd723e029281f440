// Parameters read by Python's own safetensors package. RP_BENCH_PYTHON names an interpreter that has it (CI sets one).

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { initialParameters } from "../../src/index.js";
import { layoutOf } from "../../src/model/architecture.js";
import { safetensors } from "../../src/results/safetensors.js";
import { temporaryFolder } from "../support/cli.js";

const python = process.env.RP_BENCH_PYTHON;

it.skipIf(!python)("are what Python's safetensors package reads", () => {
  const sizes = [784, 5, 3, 784];
  const parameters = initialParameters(sizes, 1).map((value, i) => value + i / 1000);
  const path = join(temporaryFolder(), "p.safetensors");
  writeFileSync(path, safetensors(parameters, sizes, { layer_sizes: sizes.join(","), activation: "tanh" }));
  const script = `
import json, sys
from safetensors import safe_open
with safe_open(sys.argv[1], "np") as file:
    tensors = {name: file.get_tensor(name) for name in file.keys()}
    print(json.dumps({"metadata": file.metadata(), "shapes": {k: v.shape for k, v in tensors.items()},
        "types": sorted({str(v.dtype) for v in tensors.values()}),
        "values": {k: v.astype("float64").ravel().tolist() for k, v in tensors.items()}}))
`;
  const { stdout, stderr } = spawnSync(python ?? "", ["-c", script, path], {
    encoding: "utf8",
    maxBuffer: 2 ** 26,
  });
  expect(stderr).toBe("");
  const read = JSON.parse(stdout);
  expect(read.metadata).toEqual({ layer_sizes: "784,5,3,784", activation: "tanh" });
  expect(read.types).toEqual(["float32"]);
  layoutOf(sizes).forEach(({ inputs, outputs, weights, biases }, layer) => {
    expect(read.shapes[`layers.${layer}.weight`]).toEqual([outputs, inputs]);
    expect(read.values[`layers.${layer}.weight`]).toEqual(Array.from(parameters.subarray(weights, biases)));
    expect(read.shapes[`layers.${layer}.bias`]).toEqual([outputs]);
    expect(read.values[`layers.${layer}.bias`]).toEqual(
      Array.from(parameters.subarray(biases, biases + outputs)),
    );
  });
});
