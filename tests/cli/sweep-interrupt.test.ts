// A study survives being killed: a short form of what tests/slow/sweep-interrupt.slow.test.ts does to it.

import { join } from "node:path";
import { expect, it } from "vitest";
import { rpBench, temporaryFolder } from "../support/cli.js";
import { expectFinished, killAgainAndAgain, tablesWithoutTimes, writeStudy } from "../support/study.js";

it("is byte-equal, times aside, after SIGKILLs at random moments", async () => {
  const folder = temporaryFolder();
  const config = writeStudy(folder);
  const [out, undisturbed] = ["study", "undisturbed"].map((name) => join(folder, name));
  expect((await rpBench(["sweep", config, "--out", undisturbed, "--quiet"])).code).toBe(0);
  const command = ["sweep", config, "--out", out, "--checkpoint-every", "5"];
  expect(await killAgainAndAgain(command, 4)).toBeGreaterThanOrEqual(2);
  const last = await rpBench(command);
  expectFinished(last, out, tablesWithoutTimes(undisturbed));
});
