// The engine over TensorFlow.js in fresh processes, beside packages of which some do not work.

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { root, rpBench, temporaryFolder } from "../support/cli.js";
import { copyPackage } from "../support/package-copy.js";

const REAL = ["@tensorflow/tfjs-core", "@tensorflow/tfjs-backend-wasm", "@tensorflow/tfjs-backend-cpu"];

/** The package as installed beside the real packages and `others`, by name: what loading them runs. */
function packageBeside(others: Record<string, string>): string {
  const copy = copyPackage({ without: "@tensorflow" });
  const folderOf = (name: string) => join(copy, "node_modules", name);
  mkdirSync(folderOf("@tensorflow"));
  for (const name of REAL) symlinkSync(join(root, "node_modules", name), folderOf(name));
  for (const [name, source] of Object.entries(others)) {
    mkdirSync(folderOf(name));
    const type = source.startsWith("export") ? "module" : "commonjs";
    writeFileSync(
      join(folderOf(name), "package.json"),
      JSON.stringify({ version: "9.9.9", type, main: "index.js" }),
    );
    writeFileSync(join(folderOf(name), "index.js"), source);
  }
  return copy;
}

function runIn(copy: string, script: string, ...flags: string[]) {
  const text = `import { createEngine } from "./dist/index.js"; ${script}`;
  const args = [...flags, "--input-type=module", "-e", text];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: copy, encoding: "utf8" });
  return { stdout: stdout.trim(), stderr };
}

const broken = (what: string) => `throw new Error("${what}.so: cannot open shared object file")`;

it("takes the next backend where faster ones do not work, and says why, as all their reasons where none does", async () => {
  const copy = packageBeside({
    "@tensorflow/tfjs-node-gpu": broken("libcudart"),
    "@tensorflow/tfjs-node": broken("libtensorflow"),
  });
  const reasons = [
    "backend tensorflow (@tensorflow/tfjs-node-gpu) does not work: libcudart.so: cannot open shared object file",
    "backend tensorflow (@tensorflow/tfjs-node) does not work: libtensorflow.so: cannot open shared object file",
  ];
  const small = ["--train-limit", "30", "--batch-size", "9", "--epochs", "1", "--layers", "784,4,784"];
  const out = join(temporaryFolder(), "out");
  const { code, stderr } = await rpBench(
    ["run", ...small, "--optimizer", "sgd", "--engine", "tfjs", "--out", out],
    {
      bin: join(copy, "bin", "rp-bench.js"),
    },
  );
  expect(code).toBe(0);
  for (const reason of reasons) {
    expect(stderr).toContain(
      `warning: ${reason}; mend or remove it (docs/engines.md). Going on with wasm (@tensorflow/tfjs-backend-wasm)`,
    );
  }
  const { version } = JSON.parse(readFileSync(join(root, "node_modules", REAL[1], "package.json"), "utf8"));
  const manifest = JSON.parse(readFileSync(join(out, "manifest.json"), "utf8"));
  expect(manifest.engine.instructionSet).toBe("wasm");
  expect(manifest.versions).toMatchObject({ [REAL[0]]: version, [REAL[1]]: version });

  const none = runIn(
    copy,
    `await createEngine("tfjs", { backend: "tensorflow" }).catch((error) => console.log(error.code, error.message));`,
  );
  expect(none.stdout).toBe(`ENGINE_UNAVAILABLE ${reasons.join("; ")}`);
  const api = runIn(copy, `console.log((await createEngine("tfjs")).description.instructionSet)`);
  expect(api.stdout).toBe("wasm");
  for (const reason of reasons) expect(api.stderr).toContain(`Warning: ${reason}`);
});

it("loads the package webgpu, an ES module, also where require takes none", () => {
  const copy = packageBeside({
    webgpu: "export const globals = {}; export const create = () => ({ requestAdapter: async () => null });",
    "@tensorflow/tfjs-backend-webgpu": "",
  });
  const script = `await createEngine("tfjs", { backend: "webgpu" }).catch(({ message }) => console.log(message));`;
  const flag = "--no-experimental-require-module";
  const flags = process.allowedNodeEnvironmentFlags.has(flag) ? [flag] : [];
  expect(runIn(copy, script, ...flags).stdout).toBe(
    "backend webgpu (@tensorflow/tfjs-backend-webgpu) does not work: no GPU was found",
  );
});

it("keeps NVIDIA's libraries from TF32 unless the user says otherwise", () => {
  const source = `throw new Error("override " + process.env.NVIDIA_TF32_OVERRIDE)`;
  const copy = packageBeside({ "@tensorflow/tfjs-node-gpu": source });
  const script = `await createEngine("tfjs", { backend: "tensorflow" }).catch(({ message }) => console.log(message));`;
  expect(runIn(copy, script).stdout).toMatch(/override 0$/);
  expect(runIn(copy, `process.env.NVIDIA_TF32_OVERRIDE = "1"; ${script}`).stdout).toMatch(/override 1$/);
});

it("makes two engines at the same time in a fresh process", () => {
  const make = ["wasm", "wasm", "cpu"].map((backend) => `createEngine("tfjs", { backend: "${backend}" })`);
  const { stdout } = runIn(
    packageBeside({}),
    `const engines = await Promise.all([${make}]); console.log(...engines.map((one) => one.description.instructionSet));`,
  );
  expect(stdout).toBe("wasm wasm cpu");
});
