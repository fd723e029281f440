import { colorsOf } from "../../src/figures/charts/colors.js";
import { PRESETS } from "./presets.js";

const COLORS = colorsOf(PRESETS.map(({ label }) => label));

/** Of an optimizer, on white. */
export const baseColorOf = (label: string): string => COLORS.get(label) ?? "#000000";
