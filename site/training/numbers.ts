// The numbers behind the curves: a table, and a file of all of them.

import { create } from "../dom.js";
import type { Run, State } from "./run.js";

const WORDS: Record<State, string> = {
  training: "training",
  paused: "paused",
  done: "done",
  diverged: "diverged",
  failed: "failed",
  stopped: "stopped",
};

export function fillTable(body: HTMLTableSectionElement, runs: readonly Run[]): void {
  const rows = runs.map((run) => {
    const { preset, rate } = run.choice;
    const row = run.rows.at(-1);
    const name = create(
      "th",
      { scope: "row" },
      create("span", { class: "swatch", "data-color": preset.label }),
      preset.title,
    );
    name.append(create("small", {}, `rate ${rate}`));
    const state = create("td", { class: `state ${run.state}` }, WORDS[run.state]);
    const number = (text: string) => create("td", { class: "number" }, text);
    return create(
      "tr",
      { "data-run": preset.label },
      ...[name, number(String(run.losses.length)), number(row ? lossText(row.testLoss) : "–")],
      ...[number(millisecondsOf(run)), state],
    );
  });
  body.replaceChildren(...rows);
}

const lossText = (loss: number) => (loss < 1000 ? loss.toFixed(4) : loss.toExponential(1));

/** Why runs ended that did not come to their end. */
export function fillReasons(list: HTMLElement, runs: readonly Run[]): void {
  const texts = runs.flatMap(({ reason, state, losses, choice: { preset } }) =>
    reason === null ? [] : [`${preset.title} ${WORDS[state]} after ${losses.length} steps: ${reason}.`],
  );
  const shown = Array.from(list.children, ({ textContent }) => textContent);
  if (texts.join("\n") !== shown.join("\n"))
    list.replaceChildren(...texts.map((text) => create("li", {}, text)));
}

function millisecondsOf({ stepMilliseconds, rows }: Run): string {
  const row = rows.at(-1);
  const each = stepMilliseconds ?? (row && row.step > 0 ? (1000 * row.trainingSeconds) / row.step : null);
  if (each === null) return "–";
  return each < 10 ? each.toFixed(1) : each.toFixed(0);
}

const COLUMNS = [
  "optimizer",
  "learning_rate",
  "epoch",
  "step",
  "training_seconds",
  "train_loss",
  "validation_loss",
  "test_loss",
];

/** All evaluations, with every digit. */
export function csvOf(runs: readonly Run[]): string {
  const lines = runs.flatMap(({ choice: { preset, rate }, rows }) =>
    rows.map((row) => {
      const { epoch, step, trainingSeconds, trainLoss, validationLoss, testLoss } = row;
      return [
        preset.label,
        rate,
        epoch,
        step,
        trainingSeconds.toFixed(6),
        trainLoss,
        validationLoss,
        testLoss,
      ];
    }),
  );
  return [COLUMNS, ...lines].map((line) => `${line.join(",")}\n`).join("");
}
