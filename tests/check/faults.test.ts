// Three of the faults that `npm run test:slow` tries all of, and that all of them, and all mutations, can still be made.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { PACKAGED_BASELINE, readBaseline } from "../../src/check/baseline.js";
import { checkAgainst } from "../../src/check/check.js";
import { resolveCheckConfig } from "../../src/config/check-resolve.js";
import { soundApparatus } from "../support/apparatus.js";
import { root } from "../support/cli.js";
import { FAULTS, partFor } from "../support/faults.js";

const tried = ["λ is off by 5 %", "Adam has no bias correction", "a layer's weights are transposed"];

it.each(FAULTS.filter(({ name }) => tried.includes(name)))("finds that $name", async (fault) => {
  const config = resolveCheckConfig();
  const { apparatus, dataset } = await soundApparatus(config);
  const baseline = readBaseline(PACKAGED_BASELINE, config, dataset);
  const { losses, ...others } = partFor(fault, config);
  const part = { ...others, losses: { ...losses, steps: [1, 10] } }; // the slow test takes all steps
  const sound = await checkAgainst(baseline, part, apparatus);
  expect(sound.verdicts.filter(({ verdict }) => verdict !== "ok")).toEqual([]);
  const { verdicts } = await checkAgainst(baseline, part, await fault.apparatus(apparatus));
  expect(verdicts.some(({ verdict }) => verdict === "regression")).toBe(true);
});

interface Mutation {
  file: string;
  text: string;
  replacement: string;
  breaks: string;
}
const mutations: Mutation[] = JSON.parse(
  readFileSync(join(root, "scripts", "mutations", "list.json"), "utf8"),
);
const texts = [
  ...FAULTS.flatMap(({ name, source }) => (source ? [[name, source.path, source.text] as const] : [])),
  ...mutations.map(({ breaks, file, text }) => [breaks, file, text] as const),
];

it.each(texts)("has once in the sources what is to be made wrong: %s", (_, file, text) => {
  expect(readFileSync(join(root, file), "utf8").split(text).length - 1, `${file}: ${text}`).toBe(1);
});

it("describes each mutation in words of its own, which a table can hold", () => {
  expect(new Set(mutations.map(({ breaks }) => breaks)).size).toBe(mutations.length);
  expect(mutations.filter(({ breaks }) => breaks.includes("|"))).toEqual([]);
  expect(mutations.filter(({ text, replacement }) => text === replacement)).toEqual([]);
  expect(mutations.length).toBeGreaterThanOrEqual(40);
});
