// The WebAssembly kernels' loader: what it refuses, arrays inside and outside the network's memory, threads. What they
// compute is tested with the native kernels', in the other files of this folder.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { NetworkKernels } from "../../src/kernels/kernels.js";
import { loadNativeKernels } from "../../src/kernels/native.js";
import { createWasmKernels, requireSimd } from "../../src/kernels/wasm.js";
import { loadWasmKernels, startThread } from "../../src/kernels/wasm-file.js";
import { WASM_VERSION } from "../../src/kernels/wasm-version.js";
import { parameterCount } from "../../src/model/architecture.js";
import { root, temporaryFolder } from "../support/cli.js";
import { expectSame } from "../support/compare.js";
import { squaredError } from "../support/objectives.js";
import { randomValues } from "../support/random.js";

const prebuilt = join(root, "native", "prebuilt", "wasm");
const layerSizes = [19, 7, 19];
const shape = { layerSizes, activation: "tanh" as const, rows: 5, ...squaredError };
const count = parameterCount(layerSizes);
const single = (length: number, seed: number) => Float32Array.from(randomValues(length, seed, -0.5, 0.5));

afterEach(() => vi.unstubAllEnvs());

describe("the modules", () => {
  const manifest = JSON.parse(readFileSync(join(prebuilt, "manifest.json"), "utf8"));

  it("are the files that their manifest names, of the sources that are here, for this code", () => {
    for (const [name, { bytes, sha256 }] of Object.entries<{ bytes: number; sha256: string }>(
      manifest.modules,
    )) {
      const file = readFileSync(join(prebuilt, name));
      expect([file.length, createHash("sha256").update(file).digest("hex")]).toEqual([bytes, sha256]);
    }
    expect(manifest.version).toBe(WASM_VERSION);
    const { status, stderr } = spawnSync("node", ["scripts/build-wasm.js", "--hash"], {
      cwd: root,
      encoding: "utf8",
    });
    expect([status, stderr]).toEqual([0, ""]);
  });

  /** The engine's complaint about other files in the modules' place. */
  const complaint = (change: (folder: string) => void) => {
    const folder = temporaryFolder();
    cpSync(prebuilt, folder, { recursive: true });
    change(folder);
    vi.stubEnv("RP_BENCH_WASM", folder);
    try {
      loadWasmKernels({ threads: 1 });
    } catch (error) {
      return error as Error & { code: string };
    }
    throw new Error("they were taken");
  };

  it.each<[string, (folder: string) => void, RegExp]>([
    [
      "of another build",
      (folder) => {
        const path = join(folder, "kernels.wasm");
        const bytes = readFileSync(path);
        bytes.write("0123456789abcdef", bytes.lastIndexOf(WASM_VERSION), "latin1");
        writeFileSync(path, bytes);
      },
      /^the WebAssembly kernels are of another build: their version is 0123456789abcdef, this code needs [0-9a-f]{16}; install/,
    ],
    [
      "without a version",
      (folder) => writeFileSync(join(folder, "kernels.wasm"), Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)),
      /another build: their version is none, this/,
    ],
    [
      "that are none",
      (folder) => writeFileSync(join(folder, "kernels.wasm"), "not a module"),
      /^the WebAssembly kernels do not load \(WebAssembly.Module\(\): expected magic word/,
    ],
    [
      "that are absent",
      (folder) => rmSync(join(folder, "kernels.wasm")),
      /^the WebAssembly kernels do not load \(ENOENT: [^\n]+\); install rp-bench again$/,
    ],
  ])("refuses files %s", (_, change, message) => {
    const error = complaint(change);
    expect(error.code).toBe("ENGINE_UNAVAILABLE");
    expect(error.message).toMatch(message);
  });

  it("are refused in one line where WebAssembly or its SIMD is missing", () => {
    expect(() => requireSimd("browser", () => false)).toThrow(
      "the WebAssembly of this browser has no SIMD instructions, which the kernels need; use a newer one",
    );
    vi.stubGlobal("WebAssembly", undefined);
    expect(() => requireSimd("browser")).toThrow("the WebAssembly of this browser is absent");
    vi.unstubAllGlobals();
    expect(() => requireSimd("browser")).not.toThrow();
  });
});

describe("a network", () => {
  const create = (threads = 1) => loadWasmKernels({ threads }).createNetwork(shape, "single");

  it.each<[string, (network: NetworkKernels) => unknown]>([
    ["parameters is not a Float32Array", (n) => n.forward(new Float64Array(count), single(95, 1), 5)],
    ["parameters has the wrong length: 3", (n) => n.forward(new Float32Array(3), single(95, 1), 5)],
    ["inputs has the wrong length: 94", (n) => n.forward(single(count, 1), single(94, 1), 5)],
    ["rows is out of range: 6", (n) => n.loss(single(114, 1), 6)],
    ["rows is not an integer: 1.5", (n) => n.loss(single(95, 1), 1.5)],
    [
      "outputs must ascend within the outputs: 19",
      (n) => n.curvature(single(count, 1), single(95, 1), 5, 0, 5, Int32Array.of(3, 19), single(count, 1)),
    ],
    [
      "outputs are not an Int32Array of 1 to 19 indices",
      (n) => n.curvature(single(count, 1), single(95, 1), 5, 0, 5, new Int32Array(0), single(count, 1)),
    ],
    [
      "last row is out of range: 0",
      (n) => n.curvature(single(count, 1), single(95, 1), 5, 0, 0, null, single(count, 1)),
    ],
    [
      "learning rate is out of range: -1",
      (n) => n.sgd(single(count, 1), single(count, 2), -1, { buffer: null, coefficient: 0, nesterov: false }),
    ],
    [
      "velocity: goes with neither a first nor a largest moment",
      (n) => {
        const [firstMoment, secondMoment, velocity] = [1, 2, 3].map(() => new Float32Array(count));
        const constants = { learningRate: 1, beta1: 0.9, beta2: 0.9, epsilon: 1, step: 1 };
        n.adam(single(count, 1), single(count, 2), { firstMoment, secondMoment, velocity }, constants);
      },
    ],
    [
      "sums is not a Float64Array of 5",
      (n) => n.quadraticModel(single(95, 1), 5, single(95, 1), null, new Float64Array(4)),
    ],
  ])("refuses an argument: %s", (message, use) => {
    const network = create();
    expect(() => use(network)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT", message }));
    network.dispose();
  });

  it("computes the same from its own arrays and from others, which it leaves as they are where it only reads", () => {
    const trained = (own: boolean) => {
      const network = create();
      const array = (values: Float32Array) => {
        const given = own ? network.array?.(values.length) : null;
        expect(given === null).toBe(!own);
        given?.set(values);
        return given ?? values;
      };
      const [parameters, inputs] = [array(single(count, 1)), array(single(95, 2))];
      const [gradient, curvature, buffer, average] = [0, 0, 0, 0].map(() => array(new Float32Array(count)));
      for (let step = 0; step < 3; step++) {
        network.forward(parameters, inputs, 5);
        network.loss(inputs, 5);
        network.gradient(parameters, inputs, 5, gradient);
        network.curvature(parameters, inputs, 5, 0, 2, null, curvature);
        network.curvature(parameters, inputs, 5, 2, 5, null, curvature);
        const momentum = { buffer, coefficient: 0.9, nesterov: false };
        network.residualPartitioning(
          ...([parameters, gradient, curvature, 2, momentum] as const),
          { buffer: average, decay: step > 0 ? 0.9 : 0, safeguard: true },
          1,
        );
      }
      expectSame(inputs, single(95, 2), "inputs");
      const all = [parameters, gradient, curvature, buffer, average].map((values) => values.slice());
      network.dispose();
      return all;
    };
    const [own, others] = [trained(true), trained(false)];
    for (const [i, values] of own.entries()) expectSame(values, others[i], `array ${i}`);
    expect(own[0]).not.toEqual(single(count, 1));
  });

  it("has every update and diagonal of the portable kernels, bit for bit", () => {
    vi.stubEnv("RP_BENCH_INSTRUCTION_SET", "portable");
    const [native, wasm] = [loadNativeKernels({ threads: 1 }), loadWasmKernels({ threads: 1 })].map(
      (kernels) => {
        const network = kernels.createNetwork(shape, "single");
        const [parameters, inputs] = [single(count, 1), single(95, 2)];
        const [gradient, curvature, bound] = [0, 0, 0].map(() => new Float32Array(count));
        const zeros = () => new Float32Array(count);
        const rates = { learningRate: 0.01, beta1: 0.9, beta2: 0.99, epsilon: 1e-4, weightDecay: 0.1 };
        const forms = [
          { firstMoment: zeros(), secondMoment: zeros(), largest: zeros() },
          { firstMoment: null, secondMoment: zeros(), velocity: zeros() },
          { firstMoment: zeros(), secondMoment: zeros() },
        ];
        const sophia = { firstMoment: zeros(), average: zeros() };
        const moved = zeros();
        const finite: boolean[] = [];
        for (let step = 1; step <= 3; step++) {
          network.forward(parameters, inputs, 5);
          network.loss(inputs, 5);
          network.gradient(parameters, inputs, 5, gradient);
          network.gaussNewton(
            parameters,
            inputs,
            5,
            0,
            5,
            step === 2 ? Int32Array.of(1, 7, 18) : null,
            curvature,
          );
          network.curvature(parameters, inputs, 5, 0, 5, null, bound);
          for (const state of forms) {
            const constants = { ...rates, step, squares: 0.3, momentum: 0.5 };
            finite.push(network.adam(parameters, gradient, state, constants, step === 3 ? curvature : null));
          }
          const renewed = step === 2 ? null : curvature;
          finite.push(network.sophia(parameters, gradient, renewed, sophia, { ...rates, gamma: 0.05 }));
          finite.push(network.moveAlong(parameters, gradient, moved, 0.1, 0.9));
        }
        network.rpDirection(gradient, bound, { buffer: null, decay: 0, safeguard: false }, 0.5, moved);
        network.dispose();
        const states = forms.flatMap(({ secondMoment, largest, velocity }) => [
          secondMoment,
          largest,
          velocity,
        ]);
        const all = [parameters, curvature, bound, moved, sophia.average, ...states];
        return { finite, arrays: all.filter((values) => values !== undefined) };
      },
    );
    expect(wasm.finite).toEqual(native.finite);
    expect(native.finite.every(Boolean)).toBe(true);
    for (const [i, values] of native.arrays.entries()) expectSame(wasm.arrays[i], values, `array ${i}`);
  });

  it("hands out arrays as long as it has room, and takes others afterwards", () => {
    const network = create();
    let arrays = 0;
    while (network.array?.(count)) arrays++;
    expect(arrays).toBeGreaterThanOrEqual(10); // parameters, gradient, curvature, and what an optimizer keeps
    network.forward(single(count, 1), single(95, 2), 5);
    expect(network.loss(single(95, 2), 5)).toBeGreaterThan(0);
    network.dispose();
    expect(() => network.loss(single(95, 2), 5)).toThrow(expect.objectContaining({ code: "DISPOSED" }));
    expect(() => network.dispose()).not.toThrow();
  });

  it.each([
    [[100_000, 1, 100_000], 2 ** 20],
    [[2 ** 20, 1000, 2 ** 20], 1],
    [[60_000, 10_000, 60_000], 100],
  ])("does not fit where %j has %i rows", (sizes, rows) => {
    const { createNetwork } = loadWasmKernels({ threads: 1 });
    expect(() => createNetwork({ ...shape, layerSizes: sizes, rows }, "single")).toThrow(
      expect.objectContaining({ code: "OUT_OF_MEMORY", message: expect.stringContaining("4 GiB") }),
    );
  });

  it("has room for its threads' stacks where not all arrays fit the memory", () => {
    const module = new WebAssembly.Module(readFileSync(join(prebuilt, "kernels-threads.wasm")));
    const kernels = createWasmKernels({ module, threads: 2, startThread: () => {} });
    const layerSizes = [784, 40_000, 784];
    const network = kernels.createNetwork({ ...shape, layerSizes }, "single");
    const arrays = Array.from({ length: 10 }, () => network.array?.(parameterCount(layerSizes)) ?? null);
    expect(arrays.indexOf(null), "the memory is full").toBeGreaterThan(5);
    network.dispose();
  });

  it("is refused where the process may not have the addresses", () => {
    class Instance {
      constructor() {
        throw new RangeError("Cannot allocate Wasm memory");
      }
    }
    vi.stubGlobal("WebAssembly", Object.create(WebAssembly, { Instance: { value: Instance } }));
    expect(() => create()).toThrow(
      expect.objectContaining({
        code: "OUT_OF_MEMORY",
        message: expect.stringMatching(
          /^no memory .* \(Cannot allocate Wasm memory\); .* \(ulimit -v\) must allow$/,
        ),
      }),
    );
    vi.unstubAllGlobals();
  });

  it("has at most as many threads as the modules' pool has room for, however many are asked for", () => {
    const [, room] =
      /kMostThreads = (\d+);/.exec(readFileSync(join(root, "native/wasm/pool.h"), "utf8")) ?? [];
    expect(loadWasmKernels({ threads: 256 }).threads).toBe(Number(room));
    const module = new WebAssembly.Module(readFileSync(join(prebuilt, "kernels-threads.wasm")));
    const [one, many] = [1, 65].map((threads) => {
      const kernels = threads === 1 ? loadWasmKernels({ threads }) : createWasmKernels({ module, threads });
      const network = kernels.createNetwork(shape, "single");
      network.forward(single(count, 1), single(95, 2), 5);
      return network.loss(single(95, 2), 5);
    });
    expect(many).toBe(one);
  });

  it("ends its threads when it is disposed of, and gives what one thread gives, whether they have started or not", async () => {
    const gradientOf = (network: NetworkKernels) => {
      const [parameters, inputs, gradient] = [single(count, 1), single(95, 2), new Float32Array(count)];
      network.forward(parameters, inputs, 5);
      network.loss(inputs, 5);
      network.gradient(parameters, inputs, 5, gradient);
      return gradient;
    };
    const module = new WebAssembly.Module(readFileSync(join(prebuilt, "kernels-threads.wasm")));
    const workers: Worker[] = [];
    const kernels = createWasmKernels({
      ...{ module, threads: 3 },
      startThread: (start) => workers.push(startThread(start)),
    });
    const network = kernels.createNetwork(shape, "single");
    const first = gradientOf(network);
    const ends = workers.map((worker) => once(worker, "exit"));
    await Promise.all(workers.map((worker) => once(worker, "online")));
    for (let i = 0; i < 200; i++) expectSame(gradientOf(network), first, `with threads, ${i}`);
    network.dispose();
    expect((await Promise.all(ends)).flat()).toEqual([0, 0]);
    expectSame(gradientOf(create()), first, "one thread");
    expectSame(
      gradientOf(createWasmKernels({ module, threads: 3 }).createNetwork(shape, "single")),
      first,
      "no workers",
    );
  });
});
