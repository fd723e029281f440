// A check: what a configuration's runs give now, beside what its baseline says they gave.

import type { CheckConfig } from "../config/check-schema.js";
import { type DatasetFacts, processorModel, provenance } from "../results/manifest.js";
import { type Baseline, createBaseline } from "./baseline.js";
import {
  type Apparatus,
  type Observations,
  observeEnds,
  observeLosses,
  observeTimes,
  type TimeOf,
} from "./observe.js";
import { type Periods, throttledShare } from "./throttling.js";
import { judgeEnds, judgeLosses, judgeTimes, nearerTimes, type Verdict } from "./verdicts.js";

export interface CheckResult {
  verdicts: Verdict[];
  /** Why times are advisory; null where they count. */
  timesAdvisory: string | null;
}

/** @throws RpBenchError INTERRUPTED, ENGINE_UNAVAILABLE */
export async function checkAgainst(
  baseline: Baseline,
  config: CheckConfig,
  apparatus: Apparatus,
): Promise<CheckResult> {
  const losses = await observeLosses(config, apparatus);
  const ends = await observeEnds(config, apparatus, 1);
  const before = apparatus.throttled();
  const times = await observeTimes(config, apparatus);
  const elsewhere = config.times && (await whyAdvisory(baseline, apparatus));
  const reason = () => elsewhere ?? (config.times && whyThrottled(before, apparatus.throttled()));
  let timesAdvisory = reason();
  const judge = (seen: readonly TimeOf[]) =>
    judgeTimes(config.times?.factor ?? 1, baseline, seen, timesAdvisory === null);
  let judged = judge(times);
  if (judged.some(({ verdict }) => verdict === "regression")) {
    apparatus.note("some times are off; they are measured again");
    const again = await observeTimes(config, apparatus);
    timesAdvisory = reason();
    judged = judge(nearerTimes(baseline, times, again));
  }
  const verdicts = [
    ...judgeLosses(config, baseline, losses),
    ...judgeEnds(config, baseline, ends),
    ...judged,
  ];
  return { verdicts, timesAdvisory };
}

/** Measures a new baseline; its times are medians of several measurements, as others will be compared with them. */
export async function makeBaseline(
  config: CheckConfig,
  dataset: DatasetFacts,
  apparatus: Apparatus,
): Promise<{ baseline: Baseline; observations: Observations }> {
  const rounds = (config.times?.rounds ?? 0) * BASELINE_MEASUREMENTS;
  const longer = { ...config, times: config.times && { ...config.times, rounds } };
  const before = apparatus.throttled();
  const observations = {
    losses: await observeLosses(config, apparatus),
    ends: await observeEnds(config, apparatus, Number.POSITIVE_INFINITY),
    times: await observeTimes(longer, apparatus),
  };
  const throttled = config.times && whyThrottled(before, apparatus.throttled());
  if (throttled) apparatus.note(`the times of this baseline are of little worth: ${throttled}`);
  const { description } = await apparatus.engine();
  return { baseline: createBaseline(config, dataset, description, observations), observations };
}

const BASELINE_MEASUREMENTS = 4;
/** Medians are not moved by what befalls fewer measurements. */
const MOST_THROTTLED = 0.05;

/** null where the processor was there throughout. */
function whyThrottled(before: Periods, after: Periods): string | null {
  const share = throttledShare(before, after);
  if (share <= MOST_THROTTLED) return null;
  return `the share of the processor that is allowed here ran out in ${Math.round(100 * share)} % of the time`;
}

/** An old baseline beside a new one. */
export function compareBaselines(config: CheckConfig, before: Baseline, now: Observations): Verdict[] {
  return [
    ...judgeLosses(config, before, now.losses),
    ...judgeEnds(config, before, now.ends),
    ...judgeTimes(config.times?.factor ?? 1, before, now.times, true),
  ];
}

async function whyAdvisory({ machine, engine }: Baseline, apparatus: Apparatus): Promise<string | null> {
  const { instructionSet } = (await apparatus.engine()).description;
  const { processor } = provenance().machine;
  const model = processorModel();
  if (machine.processor !== processor || machine.processorModel !== model || processor === "unknown") {
    const there = [machine.processor, machine.processorModel].filter(Boolean).join(" ");
    return `the baseline's times are those of ${there}, this is ${[processor, model].filter(Boolean).join(" ")}`;
  }
  if (engine.instructionSet === instructionSet) return null;
  return `the baseline's times are those of ${engine.instructionSet} kernels, these are ${instructionSet}`;
}
