import { colorsOf } from "../../src/figures/charts/colors.js";
import { PRESETS } from "./presets.js";

const COLORS = new Map([
  ...colorsOf(PRESETS.map(({ label }) => label)),
  // Told apart from RP fast's purple at a glance, as the figures' next colour is not; Sophia, seldom beside it, has that one.
  ...([
    ["rp-auto", "#E69F00"],
    ["sophia", "#CC79A7"],
  ] as const),
]);

/** Of an optimizer, on white. */
export const baseColorOf = (label: string): string => COLORS.get(label) ?? "#000000";
