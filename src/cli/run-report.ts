// What `run` says at its end beside its table of single runs: each optimizer over its seeds, and who won by how much.

import { type Standing, standingSchema } from "../results/output-schemas.js";
import { type Entrant, type Ranking, type Rival, rankingOf } from "../results/ranking.js";
import { runNameOf, type SummaryRow } from "../results/summary.js";
import { median, spreadOf } from "../statistics.js";
import { counted, decimal } from "./console.js";

/** One line for each optimizer: medians over its seeds. */
export function seedsTable(rows: readonly SummaryRow[], blewUp: readonly string[]): string[][] {
  const { entrants } = rankingOf(rows, blewUp);
  const settings = rows.some((row) => row.settings !== "");
  const target = rows.find((row) => row.target_loss !== null)?.target_loss;
  const head = [
    ...["optimizer", "learning rate", ...(settings ? ["settings"] : []), "seeds"],
    ...["train loss", "validation loss", "test loss", "test loss range", "ms/step"],
    ...(target === undefined ? [] : [`to ${target}`]),
  ];
  const lines = entrants.map(({ label, rows: own }) => {
    const done = own.filter((row) => row.status === "done" && !blewUp.includes(runNameOf(row)));
    const numbers = (key: keyof SummaryRow) =>
      done.flatMap((row) => (typeof row[key] === "number" ? [row[key]] : []));
    const middle = (key: keyof SummaryRow) => {
      const value = median(numbers(key));
      return value === null ? "–" : decimal(value);
    };
    const spread = spreadOf(numbers("test_loss"));
    const time = median(numbers("median_step_milliseconds"));
    return [
      ...[label, String(own[0].learning_rate), ...(settings ? [String(own[0].settings)] : [])],
      seedsCell(own, blewUp),
      ...[middle("train_loss"), middle("validation_loss"), middle("test_loss")],
      spread ? `${decimal(spread.least)} to ${decimal(spread.greatest)}` : "–",
      time === null ? "–" : time.toFixed(2),
      ...(target === undefined ? [] : [targetCell(own)]),
    ];
  });
  return [head, ...lines];
}

/** "5 done", or "4 of 5 done, seed 3 diverged at step 20", or "3 of 5 done, seeds 0, 3 diverged" */
function seedsCell(rows: readonly SummaryRow[], blewUp: readonly string[]): string {
  const fateOf = (row: SummaryRow) => (blewUp.includes(runNameOf(row)) ? "blew up" : String(row.status));
  const fates = [...new Set(rows.map(fateOf))].filter((fate) => fate !== "done");
  const words = fates.map((fate) => {
    const [first, ...others] = rows.filter((row) => fateOf(row) === fate);
    const seeds = [first, ...others].map(({ seed }) => seed).join(", ");
    if (others.length > 0) return `seeds ${seeds} ${fate}`;
    return `seed ${seeds} ${fate}${fate === "blew up" ? "" : ` at step ${first.step}`}`;
  });
  if (words.length === 0) return `${rows.length} done`;
  const done = rows.filter((row) => fateOf(row) === "done").length;
  return [`${done} of ${rows.length} done`, ...words].join(", ");
}

function targetCell(rows: readonly SummaryRow[]): string {
  const reached = rows.flatMap((row) => (typeof row.target_step === "number" ? [row.target_step] : []));
  const seconds = median(
    rows.flatMap((row) => (typeof row.target_seconds === "number" ? [row.target_seconds] : [])),
  );
  const steps = median(reached);
  if (steps === null) return "–";
  const some = reached.length < rows.length ? ` (${reached.length} of ${rows.length} seeds)` : "";
  return `${steps} steps${seconds === null ? "" : `, ${Number(seconds.toFixed(3))} s`}${some}`;
}

/** In sentences; empty where there is nothing to compare. `asked` is how many seeds the command trains. */
export function verdictText(rows: readonly SummaryRow[], blewUp: readonly string[], asked: number): string {
  const ranking = rankingOf(rows, blewUp);
  if (ranking.entrants.length < 2) return "";
  const several = ranking.entrants.some(({ testLosses }) => testLosses.size > 1);
  const words = several || !ranking.best ? [] : [asked === 1 ? ONE_SEED : ONE_SO_FAR];
  return [verdict(ranking), ...words].join(" ");
}

const ONE_SEED =
  "This is one seed, and with another one the order may be another; --seeds 5 trains every optimizer with five.";
const ONE_SO_FAR = "This is one seed so far, and with the others the order may be another.";

function verdict({ best, rivals }: Ranking): string {
  if (!best) return "No optimizer was trained to its end, so none is ahead.";
  const several = best.testLosses.size > 1;
  const what = several
    ? `the lowest median test loss over ${best.testLosses.size} seeds, ${decimal(best.medianTestLoss ?? 0)}`
    : `the lowest test loss, ${decimal(best.medianTestLoss ?? 0)}`;
  const [next] = rivals;
  if (!next) return `${best.label} has ${what}; no other optimizer was trained to its end.`;
  const adam = best.optimizer === "adam" ? undefined : rivals.find(({ optimizer }) => optimizer === "adam");
  const against = [
    comparison(next, "the next, "),
    ...(adam && adam !== next ? [comparison(adam, "")] : []),
  ].join(", and ");
  const others = [next, ...(adam && adam !== next ? [adam] : [])];
  const unsure = several && others.some(({ lower, paired }) => lower < paired);
  const caution = unsure ? " The order depends on the seed." : "";
  return `${best.label} has ${what}. It is ${against}.${caution}`;
}

/** "4.2 % below the next, adam (0.01075), and lower on 5 of 5 seeds" */
function comparison({ label, medianTestLoss, difference, lower, paired }: Rival, article: string): string {
  if (medianTestLoss === Infinity) return `below ${article}${label}, which diverged`;
  const loss = `${article}${label} (${decimal(medianTestLoss ?? 0)})`;
  const pairs = paired > 1 ? ` and lower on ${lower} of ${counted(paired, "seed")}` : "";
  if (difference === 0) return `equal to ${loss}`;
  const percent = (-100 * difference).toFixed(1);
  return `${percent === "0.0" ? "less than 0.1" : percent} % below ${loss}${pairs}`;
}

/** For programs; a loss that is not there is null, also where the run diverged. */
export function rankingJson(rows: readonly SummaryRow[], blewUp: readonly string[]): Standing[] {
  const { entrants, best, rivals } = rankingOf(rows, blewUp);
  const order: Entrant[] = best ? [best, ...rivals] : [];
  const ended = new Set(order.map(({ label }) => label));
  return [...order, ...entrants.filter(({ label }) => !ended.has(label))].map((entrant) => {
    const finite = [...entrant.testLosses.values()].filter(Number.isFinite);
    const spread = spreadOf(finite);
    const rival = rivals.find(({ label }) => label === entrant.label);
    const { medianTestLoss: middle } = entrant;
    return standingSchema.parse({
      label: entrant.label,
      optimizer: entrant.optimizer,
      learningRate: entrant.rows[0].learning_rate,
      settings: entrant.rows[0].settings,
      seeds: entrant.rows.length,
      seedsDone: finite.length,
      medianTestLoss: middle !== null && Number.isFinite(middle) ? middle : null,
      leastTestLoss: spread?.least ?? null,
      greatestTestLoss: spread?.greatest ?? null,
      bestDifference: rival && Number.isFinite(rival.difference) ? rival.difference : null,
      bestLowerSeeds: rival?.lower ?? null,
      pairedSeeds: rival?.paired ?? null,
    });
  });
}
