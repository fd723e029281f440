// Node, processor, compiler, places to write to, the drawing of figures.

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import { dirname, join, resolve } from "node:path";
import { messageOf } from "../errors.js";
import { loadCanvas } from "../figures/charts/canvas.js";
import { registerFonts } from "../figures/charts/fonts.js";
import { hasLinks } from "../files/publish.js";
import { processorQuota } from "../processors.js";
import { packageJson, processorFact } from "../results/manifest.js";
import { absent, bad, type Finding, ok } from "./findings.js";

export function inspectNode(version: string = process.versions.node): Finding {
  const range = packageJson().engines.node;
  const least = range.replace(">=", "");
  const detail = `Node ${version}, rp-bench ${packageJson().version}`;
  if (isAtLeast(version, least)) return ok("node", detail);
  return bad("node", `${detail}, which needs Node ${least} or newer`, "install Node from https://nodejs.org");
}

function isAtLeast(version: string, least: string): boolean {
  const [a, b] = [version, least].map((text) => text.split(".").map(Number));
  const index = b.findIndex((part, place) => part !== (a[place] ?? 0));
  return index < 0 || (a[index] ?? 0) > b[index];
}

/** What kernels are chosen by (native/dispatch.cc). */
const FEATURES = ["avx2", "fma", "avx512f", "avx512vl", "avx512dq", "avx512bw", "asimd"];

export function inspectProcessor(): Finding {
  const processors = cpus();
  const usable = availableParallelism();
  const cores = usable === processors.length ? `${usable} cores` : `${usable} of ${processors.length} cores`;
  const memory = `${(totalmem() / 2 ** 30).toFixed(1)} GB`;
  const name = processors[0]?.model.trim() || "unknown processor";
  const words = [name, cores, quotaText(processorQuota(), usable), memory, processorFeatures()];
  return ok("processor", words.filter(Boolean).join(", "));
}

/** What a container's quota leaves of `cores`; nothing where it leaves all. */
export function quotaText(quota: number | null, cores: number): string {
  if (quota === null || quota >= cores) return "";
  return `a quota of ${Number(quota.toFixed(2))} cores' time`;
}

/** Nothing but on Linux; elsewhere the native engine's instruction set tells. */
function processorFeatures(): string {
  const there = (processorFact("flags") ?? processorFact("Features") ?? "").split(/\s+/);
  return FEATURES.filter((feature) => there.includes(feature)).join(" ");
}

export function inspectCompiler(): Finding {
  const names = process.env.CXX?.trim() ? [process.env.CXX.trim()] : ["c++", "g++", "clang++"];
  for (const name of names) {
    const [program = "", ...args] = name.split(/\s+/);
    const { status, stdout } = spawnSync(program, [...args, "--version"], { encoding: "utf8" });
    if (status === 0) return ok("compiler", `${name}: ${stdout.split("\n")[0]}`);
  }
  const detail = `no C++17 compiler (tried ${names.join(", ")}); only building the native kernels needs one`;
  return absent("compiler", detail, "apt-get install g++ (Debian, Ubuntu)");
}

/** Writes where results go by default: results/ in the working folder, or what will hold it. */
export function inspectWriting(folder: string = resolve("results")): Finding {
  const holder = existsSync(folder) ? folder : dirname(folder);
  try {
    const probe = mkdtempSync(join(holder, ".rp-bench-doctor-"));
    let links: boolean;
    try {
      writeFileSync(join(probe, "probe"), "probe");
      links = hasLinks(probe, "link");
    } finally {
      rmSync(probe, { recursive: true, force: true });
    }
    const { bavail, bsize } = statfsSync(holder);
    const free = (bavail * bsize) / 2 ** 30;
    const made = links ? "" : "; hard links are refused there, so locks are created exclusively instead";
    return ok("writing", `results go to ${folder}, ${free.toFixed(1)} GB are free${made}`);
  } catch (error) {
    return bad("writing", `${folder}: ${messageOf(error)}`, "run it elsewhere, or name a folder with --out");
  }
}

/** Runs end well without figures, but with exit code 3. */
export function inspectDrawing(): Finding {
  registerFonts();
  const bytes = loadCanvas().createCanvas(1, 1).toBuffer("image/png").length;
  return bytes > 0 ? ok("figures", "fonts and canvas load") : bad("figures", "the canvas is empty", null);
}
