import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { root } from "../support/cli.js";

const json = (name: string) => JSON.parse(readFileSync(join(root, name), "utf8"));

it("plain npm ci starts no TensorFlow download: nothing of it that is installed has an install script", () => {
  const packages: Record<string, { hasInstallScript?: boolean; peer?: boolean }> =
    json("package-lock.json").packages;
  const tensorflow = Object.entries(packages).filter(([path]) => path.includes("@tensorflow/"));
  expect(tensorflow.length).toBeGreaterThan(0);
  for (const [path, entry] of tensorflow) expect(entry.hasInstallScript, path).toBeUndefined();
  expect(Object.keys(packages).filter((path) => /tfjs-node|node_modules\/webgpu$/.test(path))).toEqual([]);
});

it("asks users for none of TensorFlow.js", () => {
  const { dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta } = json("package.json");
  expect(
    Object.keys({ ...dependencies, ...optionalDependencies }).filter((name) =>
      /tensorflow|webgpu/.test(name),
    ),
  ).toEqual([]);
  for (const name of Object.keys(peerDependencies))
    expect(peerDependenciesMeta[name]).toEqual({ optional: true });
});
