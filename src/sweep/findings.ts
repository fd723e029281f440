// findings.md: the claims of the poster beside a study's numbers, in words that the program chooses from the data.

import type { DatasetFacts } from "../results/manifest.js";
import type { Spread } from "../statistics.js";
import { formatTable } from "../table.js";
import {
  below,
  COMPARABLE,
  type Contender,
  comparison,
  gapDifferences,
  lossDifferences,
  type Paired,
  type Reach,
  reachOf,
  TARGET_FACTOR,
} from "./claims.js";

/** One dataset's contenders, in the order of the configuration. */
export interface Field {
  dataset: DatasetFacts;
  epochs: number;
  contenders: Contender[];
}

export function findingsText(fields: readonly Field[]): string {
  const sections = fields.flatMap((field) => [
    `## ${field.dataset.title}`,
    markdownTable(resultTable(field)),
    ...notes(field),
    ...claims(field),
  ]);
  return `${[
    "# Findings",
    "Written by `rp-bench sweep` from this folder's CSV files; the criteria stand in docs/protocol.md. Losses are mean squared errors on the test set at the end of training, as median (least to greatest) over seeds; a step's time was measured alone, with all threads.",
    ...verdictTable(fields).map(markdownTable),
    ...sections,
  ].join("\n\n")}\n`;
}

/** The same, for a terminal. */
export function findingsTables(fields: readonly Field[]): string {
  const each = fields.map((field) =>
    [field.dataset.title, formatTable(resultTable(field)), ...notes(field)].join("\n\n"),
  );
  return `${[...each, ...verdictTable(fields).map(formatTable)].join("\n\n")}\n`;
}

function resultTable({ contenders }: Field): string[][] {
  const target = targetOf(contenders);
  const head = ["optimizer", "rate", "seeds", "test loss", "train loss", "test − train", "ms/step"];
  if (target !== null) head.push(`steps to ${loss(target)}`, "seconds to it");
  const rows = contenders.map((one) => {
    const cells = [
      one.label,
      one.learningRate === null ? "none held" : `${one.learningRate}${one.atEdge ? " (at edge)" : ""}`,
      one.lost.length > 0 ? `${one.rows.size} of ${one.seeds.length}` : String(one.seeds.length),
      range(one.testLoss, loss),
      range(one.trainLoss, loss),
      range(one.gap, (gap) => gap.toExponential(1)),
      one.stepMilliseconds === null ? "–" : one.stepMilliseconds.toFixed(2),
    ];
    if (target === null) return cells;
    const reach = reachOf(one, target);
    return [...cells, steps(reach), reach.seconds === null ? "–" : reach.seconds.toPrecision(3)];
  });
  return [head, ...rows];
}

function notes({ contenders }: Field): string[] {
  const lines = contenders.flatMap(({ label, learningRate, atEdge, lost }) => [
    ...(learningRate === null ? [`- ${label}: no rate held for every tuning seed.`] : []),
    ...(atEdge
      ? [`- ${label}: the limit of rates was reached with the best rate at the edge of the grid.`]
      : []),
    ...lost.map(
      ({ seed, status, step }) => `- ${label}: seed ${seed} ${status.replace("_", " ")} at step ${step}.`,
    ),
  ]);
  return lines.length > 0 ? [lines.join("\n")] : [];
}

/** A table with a row for each dataset and pair; none where there is no pair. */
function verdictTable(fields: readonly Field[]): string[][][] {
  const head = [
    "dataset",
    "optimizer",
    "rival",
    "fewer steps",
    "fewer seconds",
    "final test loss",
    "overfits less",
  ];
  const rows = fields.flatMap(({ dataset, contenders }) =>
    pairs(contenders).map(([own, rival]) => {
      return [
        ...[dataset.title, own.label, rival.label],
        ...quickness(own, rival, targetOf(contenders)),
        ...[comparison(lossDifferences(own, rival)), below(gapDifferences(own, rival))],
      ];
    }),
  );
  return rows.length > 0 ? [[head, ...rows]] : [];
}

function claims({ contenders, epochs }: Field): string[] {
  const found = pairs(contenders);
  if (found.length === 0) {
    return ["No claim is tested: the study has no rival of RP or of an optimizer of your own."];
  }
  const target = targetOf(contenders);
  return [
    "### “Quickly converges to a better or comparable solution”",
    ...found.map(([one, rival]) => {
      const difference = lossDifferences(one, rival);
      const word = comparison(difference);
      const margin = word === "comparable" ? "within" : "by more than";
      const judged = word === "undecided" ? word : `${word} (${margin} ${COMPARABLE * 100} %)`;
      const how = `After ${epochs} epoch${epochs === 1 ? "" : "s"} its test loss is ${judged}: ${describe(difference, percent)}.`;
      if (target === null) return `- **${one.label} against ${rival.label}.** ${how}`;
      const [own, other] = [reachOf(one, target), reachOf(rival, target)];
      const when = `To a test loss of ${loss(target)} (${TARGET_FACTOR} × Adam's final median) ${one.label} takes ${reached(own)}, ${rival.label} ${reached(other)}.`;
      return `- **${one.label} against ${rival.label}.** ${when} ${how}`;
    }),
    "### “Overfits less than Adam and SGD”",
    ...found.map(([own, rival]) => {
      const difference = gapDifferences(own, rival);
      const word = { yes: "overfits less", no: "does not overfit less", undecided: "undecided" }[
        below(difference)
      ];
      return `- **${own.label} against ${rival.label}: ${word}.** Test minus train loss at the same train loss, the lowest that both reached, ${own.label} less ${rival.label}: ${describe(difference, (value) => signed(value, value.toExponential(1)))}.`;
    }),
  ];
}

/** Whether an optimizer came to the target in fewer steps, and in fewer seconds, than its rival. */
function quickness(one: Contender, rival: Contender, target: number | null): string[] {
  if (target === null) return ["–", "–"];
  const [own, other] = [reachOf(one, target), reachOf(rival, target)];
  const faster = (a: number | null, b: number | null) => {
    if (a === null && b === null) return "neither";
    if (a === b) return "same";
    return a !== null && (b === null || a < b) ? "yes" : "no";
  };
  const timed = one.stepMilliseconds !== null && rival.stepMilliseconds !== null;
  return [faster(own.steps, other.steps), timed ? faster(own.seconds, other.seconds) : "not measured"];
}

/** Every RP optimizer with every other that is not one, then users' own with Adam and SGD; no pair twice. */
function pairs(contenders: readonly Contender[]): [Contender, Contender][] {
  const rps = contenders.filter(({ optimizer }) => optimizer === "rp");
  const others = contenders.filter(({ optimizer }) => optimizer !== "rp");
  const users = others.filter(({ optimizer }) => optimizer === "module");
  const rivals = others.filter(({ optimizer }) => optimizer !== "module");
  const each = (some: Contender[], more: Contender[]) =>
    some.flatMap((own) => more.map((rival): [Contender, Contender] => [own, rival]));
  return [...each(rps, others), ...each(users, rivals)];
}

/** The test loss that counts as being there; null where Adam finished no run. */
function targetOf(contenders: readonly Contender[]): number | null {
  const adam = contenders.find(({ optimizer }) => optimizer === "adam");
  return adam?.testLoss ? TARGET_FACTOR * adam.testLoss.median : null;
}

function describe(
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

function reached(reach: Reach): string {
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

function steps({ steps: count, reached: some, of }: Reach): string {
  const text = count === null ? "–" : String(Math.round(count));
  return count === null || some < of ? `${text} (${some} of ${of})` : text;
}

function range(spread: Spread | null, format: (value: number) => string): string {
  if (!spread) return "–";
  if (spread.count === 1) return format(spread.median);
  return `${format(spread.median)} (${format(spread.least)} to ${format(spread.greatest)})`;
}

function loss(value: number): string {
  return value >= 1e-3 ? value.toFixed(5) : value.toExponential(2);
}

/** What is larger is said in words; a rival's loss may be 0. */
const MOST_TIMES = 1_000_000;

function percent(value: number): string {
  if (value === Infinity) return "diverged";
  if (value === -Infinity) return "the rival diverged";
  if (Number.isNaN(value)) return "undecided, half of them diverged";
  if (value > MOST_TIMES) return `more than ${MOST_TIMES.toLocaleString("en-US")} times the rival's`;
  return signed(value, `${(100 * value).toFixed(1)} %`);
}

function signed(value: number, text: string): string {
  return value > 0 ? `+${text}` : text.replace("-", "−");
}

function markdownTable([head, ...rows]: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
