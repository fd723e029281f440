// The compiler of all that is compiled for other machines: Zig's clang, of one version from PyPI, with the C and C++
// libraries of every platform.
//
// RP_BENCH_ZIG names a zig of that version that is there already.
import { execFileSync } from "node:child_process";
import { pythonWith } from "./python.js";

export const ZIG = "0.17.0";

/** @returns (...args) => what zig prints; run in the folder `cwd`. */
export function findZig(cwd) {
  const own = process.env.RP_BENCH_ZIG;
  const [program, ...options] = own ? [own] : [pythonWith("ziglang", ZIG), "-m", "ziglang"];
  const run = (...args) =>
    execFileSync(program, [...options, ...args], {
      cwd,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
  const version = run("version").trim();
  if (version !== ZIG) throw new Error(`zig ${ZIG} is needed, ${program} is ${version}`);
  return run;
}
