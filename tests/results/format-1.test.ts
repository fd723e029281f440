// A folder that an earlier version wrote, when problems were datasets: tests/fixtures/format-1, by the reference kernels.

import { cpSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { describe, expect, it } from "vitest";
import { readResults } from "../../src/results/results.js";
import { call } from "../support/call.js";
import { root, temporaryFolder } from "../support/cli.js";

const fixture = join(root, "tests", "fixtures", "format-1");
function copy(): string {
  const folder = join(temporaryFolder(), "study");
  cpSync(fixture, folder, { recursive: true });
  return folder;
}

describe("a folder of format 1", () => {
  it("is read with its datasets as problems", () => {
    const results = readResults(fixture);
    expect(results).toHaveLength(12);
    for (const one of results)
      expect(one).toMatchObject({
        problem: "mnist",
        title: "MNIST",
        dataset: "mnist",
        loss: "mse",
        variant: "",
      });
    const rp = results.find(({ label, seed }) => label === "rp" && seed === 0);
    expect(rp).toMatchObject({
      learningRate: 1,
      role: "final",
      status: "done",
      medianStepMilliseconds: 76.9317,
    });
  });

  it("is verified but for the words of its findings, and its runs can be made again", async () => {
    const { code, stdout } = await call(["verify", copy(), "--rerun", "2", "--quiet"]);
    expect(stdout).toMatch(/^runs +ok +12 logs/m);
    expect(stdout).toMatch(/^summary\.csv +ok +13 lines/m);
    expect(stdout).toMatch(/^selection\.csv +ok +5 lines/m);
    expect(stdout).toMatch(/^findings\.md +not verified +is of an earlier format/m);
    expect(stdout.match(/trained again +ok/g)).toHaveLength(2);
    expect(code).toBe(0);
  });

  it("is drawn, shown, compared and exported, and no new run goes into it", async () => {
    const folder = copy();
    const { stdout } = await call(["plot", folder]);
    for (const name of ["b-mnist", "b-mnist-seconds", "learning-rates-mnist", "overfitting"]) {
      expect(stdout).toContain(`${name}.png`);
      expect(existsSync(join(folder, "figures", `${name}.png`))).toBe(true);
    }
    const compared = JSON.parse((await call(["compare", folder, folder, "--json"])).stdout);
    expect(compared.difference).toBeNull();
    expect(compared.comparisons).toHaveLength(2);
    for (const one of compared.comparisons)
      expect(one).toMatchObject({ problem: "MNIST", lossDifference: 0, pairedSeeds: 2 });
    const table = join(folder, "rows.csv");
    expect((await call(["export", folder, "--out", table])).code).toBe(0);
    const rows = parse<{ problem: string; role: string }>(readFileSync(table), { columns: true });
    expect(new Set(rows.map(({ problem, role }) => `${problem} ${role}`))).toEqual(
      new Set(["mnist tuning", "mnist final"]),
    );
    const page = join(folder, "report.html");
    expect((await call(["report", folder, "--out", page])).code).toBe(0);
    expect(readFileSync(page, "utf8").includes("RP (λ = 1)")).toBe(true);
    const { code, stderr } = await call(["sweep", "quick", "--out", folder, "--dry-run"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/formatVersion is 1 there, 3 here/);
  });
});
