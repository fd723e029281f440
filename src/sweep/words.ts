// How findings write numbers, seeds and tables.

import type { Spread } from "../statistics.js";
import type { Paired, Reach } from "./claims.js";

export function describe(
  { differences, missing, spread, coverage }: Paired,
  format: (value: number) => string,
): string {
  if (!spread) return "no seed was finished by both";
  const middle = `median ${format(spread.median)}`;
  const lost = missing.length > 0 ? `; no pair of ${named(missing)}` : "";
  if (coverage === null) {
    const each = differences.map(({ seed, value }) => `seed ${seed} ${format(value)}`);
    return `${middle} (${each.join(", ")})${lost}`;
  }
  const interval = `${format(spread.least)} to ${format(spread.greatest)}`;
  return `${middle} over ${spread.count} paired seeds, range ${interval}, which covers the true median with ${(100 * coverage).toFixed(1)} %${lost}`;
}

function named(seeds: readonly number[]): string {
  return `${seeds.length > 1 ? "seeds" : "seed"} ${seeds.join(", ")}`;
}

export function reached(reach: Reach): string {
  if (reach.of === 0) return "no run";
  const some = `${reach.reached} of ${reach.of} seeds reach it`;
  if (reach.steps === null) {
    return `more than the study's steps${reach.reached > 0 ? " in the median" : ""} (${some})`;
  }
  const notes = [
    ...(reach.seconds === null ? [] : [`${reach.seconds.toPrecision(3)} s`]),
    ...(reach.reached < reach.of ? [some] : []),
  ];
  return `${Math.round(reach.steps)} steps${notes.length > 0 ? ` (${notes.join("; ")})` : ""}`;
}

export function steps({ steps: count, reached: some, of }: Reach): string {
  const text = count === null ? "–" : String(Math.round(count));
  return count === null || some < of ? `${text} (${some} of ${of})` : text;
}

export function range(spread: Spread | null, format: (value: number) => string): string {
  if (!spread) return "–";
  if (spread.count === 1) return format(spread.median);
  return `${format(spread.median)} (${format(spread.least)} to ${format(spread.greatest)})`;
}

export function loss(value: number): string {
  return value >= 1e-3 ? value.toFixed(5) : value.toExponential(2);
}

/** What is larger is said in words; a rival's loss may be 0. */
const MOST_TIMES = 1_000_000;

export function percent(value: number): string {
  if (value === Infinity) return "diverged";
  if (value === -Infinity) return "the rival diverged";
  if (Number.isNaN(value)) return "undecided, half of them diverged";
  if (value > MOST_TIMES) return `more than ${MOST_TIMES.toLocaleString("en-US")} times the rival's`;
  return signed(value, `${(100 * value).toFixed(1)} %`);
}

export function signed(value: number, text: string): string {
  return value > 0 ? `+${text}` : text.replace("-", "−");
}

export function markdownTable([head, ...rows]: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
