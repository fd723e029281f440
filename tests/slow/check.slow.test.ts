// `rp-bench check` finds every one of the faults that are put into it and passes all of 30 clean runs. docs/ci.md quotes
// what this prints.

import { spawn } from "node:child_process";
import { beforeAll, describe, expect, it } from "vitest";
import { PACKAGED_BASELINE, readBaseline } from "../../src/check/baseline.js";
import { checkAgainst } from "../../src/check/check.js";
import { observeTimes } from "../../src/check/observe.js";
import { resolveCheckConfig } from "../../src/config/check-resolve.js";
import { soundApparatus } from "../support/apparatus.js";
import { rpBench } from "../support/cli.js";
import { FAULTS, partFor } from "../support/faults.js";

const config = resolveCheckConfig();

describe("a fault", () => {
  let sound: Awaited<ReturnType<typeof soundApparatus>>;
  beforeAll(async () => {
    sound = await soundApparatus(config);
  });

  it.each(FAULTS)("$name: is found", async (fault) => {
    const committed = readBaseline(PACKAGED_BASELINE, config, sound.dataset);
    const part = partFor(fault, config);
    // Times are those of this machine: without the fault, just now.
    const baseline = fault.shownBy
      ? committed
      : { ...committed, times: await observeTimes(part, sound.apparatus) };
    const { verdicts } = await checkAgainst(baseline, part, await fault.apparatus(sound.apparatus));
    const judged = verdicts.filter((one) => one.part === (fault.shownBy ? "loss" : "time"));
    const found = judged.filter(
      ({ label, verdict }) => verdict !== "ok" && (fault.shownBy || label === "rp"),
    );
    const first = found.map(
      ({ label, what, expected, seen }) => `${label} ${what}: ${seen}, not ${expected}`,
    )[0];
    console.log(`${fault.name}: ${found.length} of ${judged.length} values, first ${first}`);
    expect(found.length).toBeGreaterThan(0);
  });
});

describe("a clean run", () => {
  it.each(Array.from({ length: 30 }, (_, index) => [index, index % 3] as const))(
    "%i, beside %i busy processes, is passed",
    async (_, busy) => {
      const spin = "while (true) Math.sqrt(2)";
      const processes = Array.from({ length: busy }, () => spawn(process.execPath, ["-e", spin]));
      try {
        const { code, stdout } = await rpBench(["check", "--quiet"]);
        expect(stdout).toContain("no regression");
        expect(code).toBe(0);
      } finally {
        for (const process of processes) process.kill("SIGKILL");
      }
    },
  );
});
