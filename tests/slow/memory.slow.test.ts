// The peak memory of the main job stays below its limit, and 20,000 steps of each optimizer leave nothing behind.

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { CATALOGUE } from "../../src/data/catalogue.js";
import { root, temporaryFolder } from "../support/cli.js";

/** Peak resident kilobytes of a command, by the kernel's own high-water mark, printed by the process as it ends. */
function peakOf(command: string[]): number {
  const script = `
    const { main } = await import(${JSON.stringify(join(root, "dist", "cli", "main.js"))});
    process.exitCode = await main(process.argv.slice(1));
    console.error("peak", process.resourceUsage().maxRSS);
  `;
  const out = join(temporaryFolder(), "results");
  const args = ["--input-type=module", "-e", script, "--", ...command, "--quiet", "--out", out];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  expect(status, stderr).toBe(0);
  const kilobytes = Number(/peak (\d+)/.exec(stderr)?.[1]);
  expect(kilobytes).toBeGreaterThan(50_000);
  return kilobytes;
}

it("`run --dataset mnist --optimizer rp` stays below 300 MB", () => {
  expect(peakOf(["run", "--dataset", "mnist", "--optimizer", "rp", "--epochs", "1"])).toBeLessThan(300_000);
});

it("`run --dataset cifar10 --optimizer sgd` stays below 400 MB, with all its 60,000 images", () => {
  const folder = temporaryFolder();
  const batch = new Uint8Array(10_000 * 3073).map((_, i) =>
    i % 3073 === 0 ? Math.floor(i / 3073) % 10 : i % 251,
  );
  for (const { name } of CATALOGUE.cifar10.files) writeFileSync(join(folder, name), batch);
  const command = ["run", "--dataset", "cifar10", "--data-dir", folder, "--optimizer", "sgd", "--lr", "0.1"];
  expect(peakOf([...command, "--epochs", "1"])).toBeLessThan(400_000);
});

it.each([
  ["sgd", { name: "sgd", learningRate: 1 }],
  ["adam", { name: "adam", learningRate: 1e-3 }],
  [
    "rp, 32 outputs",
    { name: "rp", learningRate: 10, curvature: { outputs: 32 }, curvatureDecay: 0.9, momentum: 0.9 },
  ],
])("20,000 steps of %s leave nothing behind", (_, optimizer) => {
  const script = `
    import { createEngine, initialParameters } from ${JSON.stringify(join(root, "dist", "index.js"))};
    const layerSizes = [784, 256, 64, 256, 784];
    const session = await (await createEngine("native")).createSession({
      layerSizes, optimizer: ${JSON.stringify(optimizer)}, parameters: initialParameters(layerSizes, 0),
    });
    const batch = Float32Array.from({ length: 78400 }, (_, i) => (i % 13) / 13);
    for (let step = 1; step <= 20000; step++) {
      await session.step(batch);
      if (step === 2000 || step === 20000) { gc(); console.log(process.memoryUsage.rss()); }
    }
  `;
  const args = ["--expose-gc", "--input-type=module", "-e", script];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  expect(stderr).toBe("");
  const [early, late] = stdout.trim().split("\n").map(Number);
  // A leak of one array of the parameters' size a step would be 30 GB; V8 itself breathes by some megabytes.
  expect(late - early).toBeLessThan(16e6);
});
