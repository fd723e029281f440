// What the visitor asks for: read from the form, and checked by the program's own schemas.

import { z } from "zod";
import { RpBenchError } from "../../src/errors.js";
import {
  type Activation,
  activationSchema,
  layerSizesSchema,
  parameterCount,
} from "../../src/model/architecture.js";
import { type OptimizerOptions, optimizerSchema } from "../../src/optimizers/registry.js";
import { parseWith } from "../../src/validation.js";
import { create, one } from "../dom.js";
import { type Loaded, splitsOf } from "./images.js";
import type { Problem } from "./messages.js";
import { layersOf, numberOf } from "./numbers-of-text.js";
import { PRESETS, type Preset } from "./presets.js";

export interface Choice {
  preset: Preset;
  rate: string;
  optimizer: OptimizerOptions;
}

export interface Asked {
  problem: Problem;
  choices: Choice[];
}

/** So that the networks of all workers fit the memory of a phone. */
const MOST_PARAMETERS = 2_500_000;

/** What is wrong with a field. */
export class FieldError extends Error {
  constructor(
    readonly field: HTMLInputElement,
    message: string,
  ) {
    super(message);
  }
}

const whole = (least: number, most: number) => {
  const range = `must be a whole number from ${least} to ${most}`;
  return z.int(range).min(least, range).max(most, range);
};

/** A row for each optimizer: whether it trains, and its rate. */
export function fillOptimizers(): void {
  for (const preset of PRESETS) {
    const id = `rate-${preset.label}`;
    const chosen = create("input", {
      type: "checkbox",
      name: "optimizer",
      value: preset.label,
      id: `use-${preset.label}`,
    });
    chosen.checked = preset.chosen;
    const rate = create("input", {
      ...{
        id,
        type: "text",
        inputmode: "decimal",
        autocomplete: "off",
        spellcheck: "false",
        value: preset.rate,
      },
      "aria-label": `Learning rate of ${preset.title}`,
    });
    const swatch = create("span", { class: "swatch", "data-color": preset.label });
    const label = create("label", { for: `use-${preset.label}`, title: preset.hint }, swatch, preset.title);
    const row = create("div", { class: "optimizer" }, chosen, label, rate);
    one(preset.chosen ? "#optimizers" : "#more-optimizers", HTMLElement).append(row);
  }
}

const inputOf = (id: string) => one(`#${id}`, HTMLInputElement);

/** @throws FieldError at the first field that is wrong */
export function readForm({ images }: Loaded): Asked {
  const layerSizes = checked("layers", layersOf(inputOf("layers").value), (hidden) => {
    const sizes = parseWith(layerSizesSchema, [images.size, ...hidden, images.size], () => "hidden layers");
    const count = parameterCount(sizes);
    if (count <= MOST_PARAMETERS) return sizes;
    const message = `hidden layers: make ${count} parameters, and this page trains at most ${MOST_PARAMETERS}`;
    throw new RpBenchError("CONFIG_INVALID", message);
  });
  const trained = splitsOf(images).train.count;
  const problem: Problem = {
    layerSizes,
    activation: parseWith(activationSchema, one("#activation", HTMLSelectElement).value) as Activation,
    batchSize: number("batch-size", "batch size", whole(1, trained)),
    epochs: number("epochs", "epochs", whole(1, 1000)),
    seed: number("seed", "seed", whole(0, 2 ** 31 - 1)),
  };
  const choices = PRESETS.filter(({ label }) => inputOf(`use-${label}`).checked).map((preset): Choice => {
    const { label, title } = preset;
    const rate = inputOf(`rate-${label}`).value.trim();
    const raw = { ...preset.settings(images.size), learningRate: numberOf(rate) };
    const optimizer = checked(`rate-${label}`, raw, (value) =>
      parseWith(optimizerSchema, value, () => `learning rate of ${title}`),
    );
    return { preset, rate, optimizer };
  });
  if (choices.length === 0)
    throw new FieldError(inputOf(`use-${PRESETS[0].label}`), "choose at least one optimizer");
  return { problem, choices };
}

function number(id: string, name: string, schema: z.ZodType<number>): number {
  return checked(id, numberOf(inputOf(id).value.trim()), (value) => parseWith(schema, value, () => name));
}

function checked<T, R>(id: string, value: T, check: (value: T) => R): R {
  try {
    return check(value);
  } catch (error) {
    if (!(error instanceof RpBenchError)) throw error;
    throw new FieldError(inputOf(id), error.message);
  }
}
