// The switches of the loss curves.

import { h } from "./dom.js";
import { AXES, change, LOSSES, onChange, SCALES, SHOWN, type State, state } from "./state.js";

const WORDS: Record<string, string> = {
  both: "test and train",
  band: "median and range",
  seeds: "single seeds",
  log: "logarithmic",
};

/** @param seconds whether any chart has seconds */
export function controls(seconds: boolean): HTMLElement {
  return h(
    "div",
    { class: "controls" },
    choice("x", "Across", seconds ? AXES : AXES.slice(0, 2)),
    choice("y", "Loss axis", SCALES),
    choice("show", "Seeds", SHOWN),
    choice("loss", "Losses", LOSSES),
  );
}

function choice<Key extends "x" | "y" | "show" | "loss">(
  key: Key,
  name: string,
  values: readonly State[Key][],
): HTMLElement {
  const inputs = values.map((value) =>
    h("input", {
      ...{ type: "radio", name: `choose-${key}`, value, checked: state[key] === value },
      change: () => change({ [key]: value, ...(key === "x" || key === "y" ? { zoom: new Map() } : {}) }),
    }),
  );
  onChange(() => {
    for (const input of inputs) input.checked = input.value === state[key];
  });
  return h(
    "fieldset",
    {},
    h("legend", {}, name),
    values.map((value, index) => h("label", {}, inputs[index], h("span", {}, WORDS[value] ?? value))),
  );
}
