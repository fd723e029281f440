// Which results may lie side by side in one folder.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { resolveRunConfig } from "../../src/config/resolve.js";
import { resolveStudyConfig } from "../../src/config/study-resolve.js";
import type { Engine } from "../../src/index.js";
import { createManifest, type Manifest, manifestConflict } from "../../src/results/manifest.js";
import { root, temporaryFolder } from "../support/cli.js";

const engine: Pick<Engine, "description" | "versions"> = {
  description: { name: "tfjs", instructionSet: "wasm", threads: 1 },
  versions: { "@tensorflow/tfjs-core": "4.22.0" },
};
const manifestOf = (overrides: Record<string, unknown>, of = engine) =>
  createManifest("run", resolveRunConfig({ overrides: { engine: "tfjs", ...overrides } }), [], of);
const written = (manifest: Manifest) => {
  const path = join(temporaryFolder(), "manifest.json");
  writeFileSync(path, JSON.stringify(manifest));
  return path;
};

it("says what of TensorFlow.js computed", () => {
  expect(manifestOf({}).versions).toMatchObject({ node: process.versions.node, ...engine.versions });
});

it("goes on with the same backend however it was chosen, and with another bound of memory", () => {
  const path = written(manifestOf({ backend: "auto", tensorMegabytes: 512 }));
  expect(manifestConflict(path, manifestOf({}))).toBeNull();
  expect(
    manifestConflict(written(manifestOf({})), manifestOf({ backend: "wasm", tensorMegabytes: 7 })),
  ).toBeNull();
});

it("does not go on with another backend or configuration", () => {
  const path = written(manifestOf({}));
  const cpu = { ...engine, description: { ...engine.description, instructionSet: "cpu" } };
  expect(manifestConflict(path, manifestOf({}, cpu))).toBe('instruction set is "wasm" there, "cpu" here');
  expect(manifestConflict(path, manifestOf({ epochs: 3 }))).toBe("epochs is 10 there, 3 here");
});

it("goes on with kernels that give the same bits, and with no others", () => {
  const native = (instructionSet: string) =>
    manifestOf(
      { engine: "native" },
      { description: { name: "native", instructionSet, threads: 2 }, versions: {} },
    );
  const path = written(native("avx2"));
  for (const same of ["avx512", "neon", "avx2"]) expect(manifestConflict(path, native(same))).toBeNull();
  expect(manifestConflict(path, native("portable"))).toBe(
    'instruction set is "avx512 or avx2 or neon" there, "portable or simd128" here',
  );
});

it("says of a user's own optimizer that it has changed", () => {
  const path = join(temporaryFolder(), "rule.js");
  const manifestWith = (text: string) => {
    writeFileSync(path, text);
    const config = resolveRunConfig({ optimizer: [path], lr: [1], overrides: { engine: "tfjs" } });
    return createManifest("run", config, [], engine);
  };
  expect(manifestConflict(written(manifestWith("1")), manifestWith("2"))).toBe("rule.js has changed");
});

it.each(["paper", "extensions", "overfitting", "readings", "rivals"])(
  "goes on with the study in results/%s",
  (name) => {
    const path = join(root, "results", name, "manifest.json");
    const there: Manifest = JSON.parse(readFileSync(path, "utf8"));
    const config = resolveStudyConfig(join(root, "configs", `${name}.json`), {});
    const same = { description: there.engine, versions: {} };
    const conflict = manifestConflict(path, createManifest("sweep", config, there.datasets, same));
    expect(conflict).toBeNull();
  },
);
