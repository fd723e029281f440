// Three of the faults that `npm run test:slow` tries all of.

import { expect, it } from "vitest";
import { PACKAGED_BASELINE, readBaseline } from "../../src/check/baseline.js";
import { checkAgainst } from "../../src/check/check.js";
import { resolveCheckConfig } from "../../src/config/check-resolve.js";
import { soundApparatus } from "../support/apparatus.js";
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
