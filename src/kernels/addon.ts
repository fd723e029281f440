// Finds the compiled kernels: built on this machine, else prebuilt in the npm package or in the one for this platform.

import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { messageOf, RpBenchError } from "../errors.js";
import type { FloatArray } from "../model/architecture.js";
import { findPlatformPackage, isGlibcAbsent } from "./platform-package.js";

export type Handle = { readonly network: unique symbol };

/** What the add-on exports; arrays are Float32Array, of the lengths the network's shape gives. */
export interface Addon<H = Handle> {
  createNetwork(
    sizes: Int32Array,
    activation: number,
    objective: number,
    rows: number,
    threads: number,
    instructionSet: string,
  ): H;
  disposeNetwork(network: H): void;
  forward(network: H, rows: number, parameters: FloatArray, inputs: FloatArray): void;
  loss(network: H, rows: number, targets: FloatArray): number;
  gradient(network: H, rows: number, parameters: FloatArray, inputs: FloatArray, gradient: FloatArray): void;
  curvature(
    network: H,
    rows: number,
    first: number,
    last: number,
    parameters: FloatArray,
    inputs: FloatArray,
    outputs: Int32Array | null,
    diagonal: number,
    curvature: FloatArray,
  ): void;
  sgd(
    network: H,
    parameters: FloatArray,
    gradient: FloatArray,
    learningRate: number,
    buffer: FloatArray | null,
    coefficient: number,
    nesterov: boolean,
  ): boolean;
  adam(
    network: H,
    parameters: FloatArray,
    gradient: FloatArray,
    signal: FloatArray | null,
    firstMoment: FloatArray | null,
    secondMoment: FloatArray,
    largest: FloatArray | null,
    velocity: FloatArray | null,
    learningRate: number,
    weightDecay: number,
    beta1: number,
    beta2: number,
    squares: number,
    epsilon: number,
    step: number,
    momentum: number,
  ): boolean;
  sophia(
    network: H,
    parameters: FloatArray,
    gradient: FloatArray,
    curvature: FloatArray | null,
    firstMoment: FloatArray,
    average: FloatArray,
    learningRate: number,
    weightDecay: number,
    beta1: number,
    beta2: number,
    gamma: number,
    epsilon: number,
  ): boolean;
  residualPartitioning(
    network: H,
    parameters: FloatArray,
    gradient: FloatArray,
    curvature: FloatArray,
    learningRate: number,
    buffer: FloatArray | null,
    coefficient: number,
    nesterov: boolean,
    average: FloatArray | null,
    decay: number,
    safeguard: boolean,
    exponent: number,
  ): boolean;
  direction(
    network: H,
    gradient: FloatArray,
    curvature: FloatArray,
    average: FloatArray | null,
    decay: number,
    safeguard: boolean,
    exponent: number,
    direction: FloatArray,
  ): void;
  jacobianProduct(
    network: H,
    rows: number,
    inputs: FloatArray,
    direction: FloatArray,
    product: FloatArray,
  ): void;
  quadraticModel(
    network: H,
    rows: number,
    targets: FloatArray,
    first: FloatArray,
    second: FloatArray | null,
    sums: Float64Array,
  ): void;
  moveAlong(
    network: H,
    parameters: FloatArray,
    direction: FloatArray,
    previous: FloatArray,
    alpha: number,
    mu: number,
  ): boolean;
  instructionSet(name: string): string;
  multiplyAdd(rounds: number): number;
}

export interface NativeBuild {
  path: string;
  /** Built on this machine, from rp-bench's own package or its platform's, or what RP_BENCH_ADDON names. */
  origin: "built" | "prebuilt" | "package" | "named";
  /** Why the one built on this machine does not serve; null where that one is taken. */
  passedOver: string | null;
}

const fileOf = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const BUILT = fileOf("native/build/rp_bench.node");
const FAILURE = fileOf("native/build/failure.json");
const PREBUILT = fileOf(`native/prebuilt/${process.platform}-${process.arch}/rp_bench.node`);
const SCRIPT = fileOf("scripts/build-native.js");

interface Candidate {
  origin: NativeBuild["origin"];
  path: string;
  /** As a sentence about it begins. */
  kernels: string;
  /** Why it is not to be tried. */
  obstacle: () => string | null;
}

/** Which compiled kernels serve. @throws RpBenchError ENGINE_UNAVAILABLE, as loadAddon does. */
export function nativeBuild(): NativeBuild {
  return loadAddon().build;
}

/**
 * Loads the add-on. `RP_BENCH_ADDON` names another build of it (the sanitized one, in tests), which alone is tried.
 *
 * @throws RpBenchError ENGINE_UNAVAILABLE, with why each candidate does not serve and what brings one.
 */
export function loadAddon(): { addon: Addon; build: NativeBuild } {
  const reasons: string[] = [];
  let cause: unknown;
  for (const { origin, path, kernels, obstacle } of candidates()) {
    const reason = obstacle();
    if (reason !== null) {
      reasons.push(`${kernels} ${reason}`);
      continue;
    }
    try {
      const addon = createRequire(import.meta.url)(path);
      return { addon, build: { path, origin, passedOver: reasons[0] ?? null } };
    } catch (error) {
      reasons.push(`${kernels} do not load (${messageOf(error)})`);
      cause = error;
    }
  }
  throw new RpBenchError("ENGINE_UNAVAILABLE", [...reasons, remedy()].join("; "), { cause });
}

/** In turn, so that no later one is looked for where an earlier one serves. */
function* candidates(): Generator<Candidate> {
  const named = process.env.RP_BENCH_ADDON;
  if (named !== undefined) {
    const kernels = "the native kernels of RP_BENCH_ADDON";
    yield { origin: "named", path: named, kernels, obstacle: () => null };
    return;
  }
  yield {
    origin: "built",
    path: BUILT,
    kernels: "the native kernels",
    obstacle: () =>
      existsSync(BUILT) ? null : `are not built: ${failureOfBuild() ?? "the install script did not run"}`,
  };
  if (existsSync(PREBUILT)) {
    yield {
      origin: "prebuilt",
      path: PREBUILT,
      kernels: "the prebuilt ones",
      // On musl they may load and fail later.
      obstacle: () => (isGlibcAbsent() ? "need glibc, which this system does not have" : null),
    };
  }
  const found = findPlatformPackage();
  if (found) {
    const { name, path, obstacle } = found;
    yield { origin: "package", path, kernels: `those of the package ${name}`, obstacle: () => obstacle };
  }
}

/** The first line of what the install script wrote down. */
function failureOfBuild(): string | null {
  if (!existsSync(FAILURE)) return null;
  try {
    return String(JSON.parse(readFileSync(FAILURE, "utf8")).reason).split("\n")[0];
  } catch (error) {
    return `${FAILURE} cannot be read (${messageOf(error)})`;
  }
}

function remedy(): string {
  const command = `node ${/\s/.test(SCRIPT) ? `"${SCRIPT}"` : SCRIPT}`;
  return existsSync(FAILURE)
    ? `install a C++17 compiler (Debian, Ubuntu: apt-get install g++), then build them: ${command}`
    : `build them: ${command}`;
}
