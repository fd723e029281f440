import { readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { removeLeftovers } from "../../src/files/leftovers.js";
import { newTag, self } from "../../src/files/processes.js";
import { temporaryFolder } from "../support/cli.js";

it("removes what ended processes of this place left, and of others only what is old", () => {
  const folder = temporaryFolder();
  const mine = newTag();
  const [at = "", , started = ""] = mine.split("-");
  const ended = `${at}-999999999-${started}-00000000`;
  const elsewhere = `00000000-${self.pid}-${started}-00000000`;
  const lock = (pid: number) => `${JSON.stringify({ ...self, pid })}\n000000000000\n`;
  const files: Record<string, string> = {
    "a.lock": lock(999_999_999),
    "b.lock": lock(self.pid),
    "c.lock.0123456789abcdef.break": lock(999_999_999),
  };
  for (const tag of [mine, ended, elsewhere]) {
    for (const name of [`summary.csv.${tag}.tmp`, `mnist-rp-lr1-seed0.csv.${tag}.draft`, `.lock.${tag}.tmp`])
      files[name] = "";
  }
  files[`old.csv.${elsewhere}.tmp`] = "";
  files["summary.csv"] = "";
  files["notes.tmp"] = "";
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const hoursAgo = Date.now() / 1000 - 2 * 3600;
  utimesSync(join(folder, `old.csv.${elsewhere}.tmp`), hoursAgo, hoursAgo);
  removeLeftovers(folder);
  const gone = ["a.lock", "c.lock.0123456789abcdef.break", `old.csv.${elsewhere}.tmp`];
  const kept = Object.keys(files).filter((name) => !name.includes(ended) && !gone.includes(name));
  expect(readdirSync(folder).sort()).toEqual(kept.sort());
});
