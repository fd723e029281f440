// The script that puts libtensorflow under tfjs-node, as far as it goes without a download; the rest is in
// tests/slow/tfjs-node.slow.test.ts.

import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { root, temporaryFolder } from "../support/cli.js";

const setup = (args: string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}) =>
  spawnSync(process.execPath, [join(root, "scripts", "setup-tfjs-node.js"), ...args], {
    ...options,
    encoding: "utf8",
  });

it("explains itself", () => {
  const { status, stdout, stderr } = setup(["--help"]);
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/tensorflow-cpu==2\.15\.1[\s\S]*tensorflow==2\.21\.0/);
});

it.each([
  [["--wheel=x"], "'--wheel'"],
  [["a", "b"], "takes one wheel, got a b"],
])("refuses %j in one line", (args, message) => {
  const { status, stderr } = setup(args);
  expect(status).toBe(2);
  expect(stderr).toContain(message);
  expect(stderr.trim().split("\n")).toHaveLength(1);
});

const hasPip =
  process.platform === "linux" &&
  process.arch === "x64" &&
  spawnSync("python3", ["-m", "pip", "--version"]).status === 0;

it.skipIf(!hasPip).each([
  ["tensorflow-cpu==2.15.1", "manylinux_2_17_x86_64.manylinux2014_x86_64"],
  ["tensorflow==2.21.0", "manylinux_2_27_x86_64"],
])("lets pip take %s, whose wheel is for %s", (wheel, platform) => {
  const cwd = temporaryFolder();
  const installed = join(cwd, "node_modules", "@tensorflow", "tfjs-node");
  mkdirSync(installed, { recursive: true });
  writeFileSync(join(installed, "package.json"), "{}");
  const [name, version] = wheel.replace("-", "_").split("==");
  // An empty wheel of that name, in a folder that is pip's only source.
  const zip = `import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as wheel:
    wheel.writestr(sys.argv[2] + "/METADATA", "Metadata-Version: 2.1\\nName: ${name}\\nVersion: ${version}\\n")
    wheel.writestr(sys.argv[2] + "/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: false\\nTag: cp311-cp311-${platform}\\n")
    wheel.writestr(sys.argv[2] + "/RECORD", "")`;
  const path = join(cwd, `${name}-${version}-cp311-cp311-${platform}.whl`);
  expect(spawnSync("python3", ["-c", zip, path, `${name}-${version}.dist-info`]).status).toBe(0);

  const env = { ...process.env, PIP_NO_INDEX: "1", PIP_FIND_LINKS: cwd };
  const { status, stderr } = setup([wheel], { cwd, env });
  expect(status).toBe(1);
  if (wheel === "tensorflow-cpu==2.15.1")
    expect(stderr).toMatch(/SHA-256 is \w{64} instead of \w{64}; not used/);
  else expect(stderr).toContain("tensorflow==2.21.0 has no libtensorflow_cc.so.2");
});
