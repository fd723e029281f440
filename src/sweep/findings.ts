// findings.md: the claims of the poster beside a study's numbers, in words that the program chooses from the data.

import { formatTable } from "../table.js";
import {
  below,
  COMPARABLE,
  type Contender,
  comparison,
  gapDifferences,
  lossDifferences,
  reachOf,
  TARGET_FACTOR,
} from "./claims.js";
import { type Field, pairs, quickness, targetOf } from "./field.js";
import { goalDetails, goalTable } from "./goal.js";
import { processorsSection } from "./processors.js";
import { readingsList, readingsTable } from "./readings.js";
import { anyRises, leastDifferences, risesTable } from "./rises.js";
import { describe, loss, markdownTable, percent, range, reached, signed, steps } from "./words.js";

export function findingsText(fields: readonly Field[]): string {
  const sections = fields.flatMap((field) => [
    `## ${field.title}`,
    markdownTable(resultTable(field)),
    ...notes(field),
    ...claims(field),
  ]);
  return `${[
    "# Findings",
    "Written by `rp-bench sweep` from this folder's CSV files; the criteria stand in docs/protocol.md. Losses are those on the test set at the end of training, as median (least to greatest) over seeds; they are mean squared errors where a problem's name does not say otherwise. A step's time was measured alone, with all threads.",
    ...verdictTable(fields).map(markdownTable),
    ...readings(fields),
    ...sections,
    ...goal(fields),
    ...budget(fields),
    ...processorsSection(fields[0]?.processors ?? []),
  ].join("\n\n")}\n`;
}

/** On several problems, which may be readings of the poster: where each claim holds. */
function readings(fields: readonly Field[]): string[] {
  const table = readingsTable(fields);
  if (table === null || fields.length < 2) return [];
  return [
    "## Where the claims hold",
    "A claim holds where the criterion is met against Adam and against SGD, and does not where it fails against one of them.",
    markdownTable(table),
    readingsList(fields),
  ];
}

/** Every evaluation beside Adam's. */
function goal(fields: readonly Field[]): string[] {
  const table = goalTable(fields);
  if (table === null) return [];
  const details = goalDetails(fields).flatMap(({ label, every, table: each }) => [
    `### ${label} against Adam at ${every === 1 ? "every evaluation" : `one evaluation in ${every}`}`,
    markdownTable(each),
  ]);
  return [
    "## Against Adam, evaluation by evaluation",
    "(RP − Adam) / Adam of the median test losses at the same step; where it is not above 0, RP is at or below Adam. In seconds the evaluations are Adam's, and RP's loss is interpolated between its own.",
    markdownTable(table),
    ...details,
  ];
}

/** What each optimizer's search was allowed and took. */
function budget(fields: readonly Field[]): string[] {
  const [{ mostTrials }] = fields;
  const rows = fields.flatMap(({ title, contenders }) =>
    contenders.map(({ label, variants, trials, learningRate, variant }) => [
      ...[title, label, String(variants), `${trials} of ${mostTrials}`],
      [learningRate === null ? "none held" : `rate ${learningRate}`, ...(variant ? [variant] : [])].join(
        ", ",
      ),
    ]),
  );
  return [
    "## Budget",
    `A trial is one tuning run: one rate with one choice of the other settings on one seed. On each problem every optimizer may have ${mostTrials} of them.`,
    markdownTable([["problem", "optimizer", "settings searched", "trials", "chosen"], ...rows]),
  ];
}

/** The same, for a terminal. */
export function findingsTables(fields: readonly Field[]): string {
  const each = fields.map((field) =>
    [field.title, formatTable(resultTable(field)), ...notes(field)].join("\n\n"),
  );
  return `${[...each, ...verdictTable(fields).map(formatTable)].join("\n\n")}\n`;
}

function resultTable({ contenders }: Field): string[][] {
  const target = targetOf(contenders);
  const searched = contenders.some(({ variant }) => variant !== "");
  const head = [
    "optimizer",
    "rate",
    ...(searched ? ["settings"] : []),
    "seeds",
    "test loss",
    "train loss",
    "test − train",
    "ms/step",
  ];
  if (target !== null) head.push(`steps to ${loss(target)}`, "seconds to it");
  const rows = contenders.map((one) => {
    const cells = [
      one.label,
      one.learningRate === null ? "none held" : `${one.learningRate}${one.atEdge ? " (at edge)" : ""}`,
      ...(searched ? [one.variant || "–"] : []),
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

/** A table with a row for each problem and pair; none where there is no pair. */
function verdictTable(fields: readonly Field[]): string[][][] {
  const head = [
    "problem",
    "optimizer",
    "rival",
    "fewer steps",
    "fewer seconds",
    "final test loss",
    "overfits less",
  ];
  const rows = fields.flatMap(({ title, contenders }) =>
    pairs(contenders).map(([own, rival]) => {
      return [
        ...[title, own.label, rival.label],
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
  const rising = anyRises(contenders);
  const atBest = (own: Contender, rival: Contender) =>
    rising
      ? `Least test loss of the run, ${own.label} relative to ${rival.label}: ${describe(leastDifferences(own, rival), percent)}. `
      : "";
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
    ...(rising ? [markdownTable(risesTable(contenders))] : []),
    ...found.map(([own, rival]) => {
      const difference = gapDifferences(own, rival);
      const word = { yes: "overfits less", no: "does not overfit less", undecided: "undecided" }[
        below(difference)
      ];
      return `- **${own.label} against ${rival.label}: ${word}.** ${atBest(own, rival)}Test minus train loss at the same train loss, the lowest that both reached, ${own.label} less ${rival.label}: ${describe(difference, (value) => signed(value, value.toExponential(1)))}.`;
    }),
  ];
}
