// What a study searches beside the rate: for one optimizer a short list of settings, each with its own search of the rate.

import { z } from "zod";
import { settingWords } from "../custom/options.js";
import { optimizerSchema } from "../optimizers/registry.js";

const valueSchema = z.union([z.number(), z.boolean()], { error: "must be a number, true or false" });
const combinationSchema = z.record(z.string(), valueSchema, "must be an object, { setting: value }");
const SEVERAL = "must name one setting; give several as a list of combinations";
type Combination = z.output<typeof combinationSchema>;

/** `{ "momentum": [0, 0.9] }`, or combinations, `[{ "momentum": 0.9, "warmupSteps": 200 }]`; as combinations from then on. */
export const searchSchema = z
  .union(
    [
      z
        .array(combinationSchema)
        .min(1, "must hold at least one combination of settings")
        .refine(
          (combinations) => combinations.every((one) => Object.keys(one).length > 0),
          "must name a setting in every combination",
        ),
      z
        .record(z.string(), z.array(valueSchema).min(1, "must hold at least one value"))
        .refine((one) => Object.keys(one).length === 1, SEVERAL)
        .transform((one): Combination[] =>
          Object.entries(one).flatMap(([key, values]) => values.map((value) => ({ [key]: value }))),
        ),
    ],
    {
      error: ({ input }) =>
        Object.values(Object(input)).length > 1 && Object.values(Object(input)).every(Array.isArray)
          ? SEVERAL
          : "must be { setting: [values] } or a list of { setting: value, … }",
    },
  )
  .refine(
    (combinations) => new Set(combinations.map(variantName)).size === combinations.length,
    "must not hold the same settings twice",
  )
  .optional();

interface Searched {
  name: string;
  search?: Combination[] | undefined;
}

/** One choice of an optimizer's searched settings. */
export interface Variant {
  /** Its part of file names; empty where nothing is searched beside the rate. */
  name: string;
  /** "momentum 0.9, warmupSteps 200" */
  words: string;
  settings: Combination;
}

/** In the order in which they are searched. */
export function variantsOf({ search }: Pick<Searched, "search">): Variant[] {
  return (search ?? [{}]).map((settings) => ({
    name: variantName(settings),
    words: settingWords(settings),
    settings,
  }));
}

/** Of { momentum: 0.9, warmupSteps: 200 }: momentum-0.9-warmup-steps-200. */
function variantName(settings: Combination): string {
  const kebab = (key: string) => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return Object.entries(settings)
    .map(([key, value]) => `${kebab(key)}-${value}`)
    .join("-");
}

/** Every combination must be one that the optimizer takes. */
export function combinationsAreSettings(entry: Searched, context: z.RefinementCtx): void {
  if (entry.name === "module") return; // its own file says what it takes
  const {
    search,
    learningRates: _rates,
    label: _label,
    ...settings
  } = entry as Searched & Record<string, unknown>;
  search?.forEach((combination, index) => {
    const parsed = optimizerSchema.safeParse({ ...settings, ...combination, learningRate: 1 });
    const fixed = Object.keys(combination).find((key) => key === "name" || key === "learningRate");
    if (fixed) {
      context.addIssue({ code: "custom", path: ["search", index, fixed], message: "is not searched here" });
    }
    for (const { path, message } of parsed.error?.issues ?? []) {
      context.addIssue({ code: "custom", path: ["search", index, ...path], message });
    }
  });
}
