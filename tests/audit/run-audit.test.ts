// What an audit says before it begins, and that nobody else writes to its folder meanwhile.

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { auditPoints } from "../../src/audit/audit.js";
import { estimateAudit } from "../../src/audit/estimate.js";
import { resolveAuditConfig } from "../../src/config/audit-resolve.js";
import { releaseLock, takeLock } from "../../src/files/lock.js";
import { createEngine } from "../../src/index.js";
import { prepareDataset } from "../../src/training/prepare.js";
import { call } from "../support/call.js";
import { temporaryFolder } from "../support/cli.js";

const tiny = [
  ...["audit", "--train-limit", "130", "--batch-size", "9", "--layers", "784,6,784", "--every", "4"],
  ...["--epochs", "1", "--lr", "2"],
];

it("says how long it will take before the first update, and gives its folder back", async () => {
  const out = join(temporaryFolder(), "audit");
  const { code, stderr } = await call([...tiny, "--out", out]);
  expect(code).toBe(0);
  const lines = stderr.split("\n");
  const at = lines.findIndex((line) => /^about \d+ s: 13 updates, 7 updates judged/.test(line));
  expect(lines[at]).toMatch(/the diagonals taken before 4 of them$/);
  expect(lines.findIndex((line) => line.startsWith("step 1:"))).toBeGreaterThan(at);
  expect(at).toBeGreaterThan(0);
  expect(readdirSync(out).sort()).toEqual(["audit.csv", "audit.json", "figures", "steps.csv"]);
});

it("counts what a run will do", async () => {
  const overrides = { layerSizes: [784, 6, 784], trainLimit: 500, batchSize: 20, epochs: 1 };
  const config = { ...resolveAuditConfig({ overrides }), every: 5 };
  const { splits } = await prepareDataset("mnist", config, { dataDir: undefined, warn() {} });
  const [engine, pause] = [await createEngine("native"), async () => {}];
  const some = await estimateAudit(config, { engine, splits, pause });
  expect(some).toMatchObject({ steps: 22, points: auditPoints(22).size, judged: 7 });
  const more = await estimateAudit({ ...config, epochs: 2000, every: 1 }, { engine, splits, pause });
  expect(more).toMatchObject({ steps: 44_000, judged: 44_000 });
  expect(Number.isFinite(more.seconds) && more.seconds > 0).toBe(true);
});

it("refuses a folder that another process audits into, and leaves it as it is", async () => {
  const out = join(temporaryFolder(), "audit");
  expect((await call([...tiny, "--quiet", "--out", out])).code).toBe(0);
  const before = readFileSync(join(out, "audit.json"), "utf8");
  const lock = join(out, ".lock");
  expect(takeLock(lock)).toBeNull();
  try {
    const { code, stdout, stderr } = await call([...tiny, "--quiet", "--out", out]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^rp-bench: .*audit: .* is writing to it \(.*\.lock\); choose another --out\n$/);
    expect(readFileSync(join(out, "audit.json"), "utf8")).toBe(before);
  } finally {
    releaseLock(lock);
  }
  expect((await call([...tiny, "--quiet", "--out", out])).code).toBe(0);
});

it("ends where its folder is taken from it, and writes no more", async () => {
  const folder = temporaryFolder();
  const out = join(folder, "audit");
  // An optimizer of the user's own that removes the lock, as somebody who takes the process for dead might.
  const lock = JSON.stringify(join(out, ".lock"));
  writeFileSync(
    join(folder, "thief.mjs"),
    `import { rmSync } from "node:fs";
     let step = 0;
     export default { create: () => () => { if (++step === 2) rmSync(${lock}); } };`,
  );
  const { code, stderr } = await call([...tiny, "--optimizer", join(folder, "thief.mjs"), "--out", out]);
  expect(code).toBe(2);
  expect(stderr).toMatch(
    /its lock \(.*\.lock\) went to another process while this one stood still, or was removed/,
  );
  expect(JSON.parse(readFileSync(join(out, "audit.json"), "utf8"))).toMatchObject({
    status: "running",
    steps: 1,
  });
  expect(existsSync(join(out, "figures", "audit-mnist.png"))).toBe(false);
});
