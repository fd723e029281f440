// The recipes of docs/format.md, by pandas and R themselves, against numbers computed here from the same runs.
// RP_BENCH_PYTHON names an interpreter that has pandas (CI sets one).

import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LogRow, readRunLog } from "../../src/results/run-log.js";
import { type RunRecord, readRunRecord } from "../../src/results/run-record.js";
import { summarize, summaryTexts } from "../../src/results/summary.js";
import { median } from "../../src/statistics.js";
import { root } from "../support/cli.js";

const python = process.env.RP_BENCH_PYTHON;
const r = spawnSync("Rscript", ["--version"]).error ? undefined : "Rscript";
for (const [name, there] of Object.entries({ "pandas (RP_BENCH_PYTHON)": python, "R (Rscript)": r })) {
  if (!there) process.stderr.write(`docs/format.md: its recipe for ${name} is not run, for it is not here\n`);
}

const folder = mkdtempSync(join(tmpdir(), "rp-bench-recipes-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let final: { record: RunRecord; rows: LogRow[] }[] = [];

/** A study's runs, as an earlier version wrote them, under tables as they are now. */
beforeAll(() => {
  const runs = join(folder, "runs");
  cpSync(join(root, "tests", "fixtures", "format-1", "runs"), runs, { recursive: true });
  const made = readdirSync(runs)
    .filter((name) => name.endsWith(".json"))
    .flatMap((name) => {
      const record = readRunRecord(join(runs, name));
      const rows = readRunLog(join(runs, name.replace(".json", ".csv")));
      return record ? [{ record, rows }] : [];
    });
  const texts = summaryTexts(made.map(({ record, rows }) => summarize(record, rows, null)));
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(folder, name), text);
  final = made.filter(({ record }) => record.role === "final");
});

const recipe = (language: string) => {
  const text = readFileSync(join(root, "docs", "format.md"), "utf8");
  const blocks = [...text.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, "g"))];
  expect(blocks).toHaveLength(1);
  return blocks[0][1];
};

/** What a recipe ends with, one JSON value a line: by label, and by label and step. */
function expectNumbers({ stdout, stderr }: { stdout: string; stderr: string }): void {
  expect(stderr).toBe("");
  const [losses, curves] = stdout.trim().split("\n").slice(-2);
  const expectedLosses: Record<string, number[]> = {};
  const expectedCurves: Record<string, number | null> = {};
  for (const label of ["adam", "rp"]) {
    const own = final.filter(({ record }) => record.label === label).map(({ rows }) => rows);
    const last = own.flatMap((rows) => rows.at(-1)?.testLoss ?? []);
    expectedLosses[label] = [last.length, median(last) ?? 0, Math.min(...last), Math.max(...last)];
    expect(last).toHaveLength(2);
    own[0].forEach(({ step }, index) => {
      expectedCurves[`${label} ${step}`] = median(own.map((rows) => rows[index].testLoss));
    });
  }
  expect(rounded(JSON.parse(losses))).toEqual(rounded(expectedLosses));
  expect(rounded(JSON.parse(curves))).toEqual(rounded(expectedCurves));
}

/** To ten digits, as texts print them. */
const rounded = (value: unknown) =>
  JSON.parse(JSON.stringify(value), (_, one) =>
    typeof one === "number" ? Number(one.toPrecision(10)) : one,
  );

describe("docs/format.md", () => {
  it.skipIf(!python)("has a recipe for pandas that gives the runs' numbers", () => {
    const script = `${recipe("python")}
import json
print(json.dumps({label: list(row) for (_, label), row in zip(losses.index, losses.to_numpy().tolist())}))
print(json.dumps({f"{label} {step}": value for (_, label, step), value in curves.items()}))
`;
    expectNumbers(spawnSync(python ?? "", ["-c", script], { cwd: folder, encoding: "utf8" }));
  });

  it.skipIf(!r)("has a recipe for R that gives them, too", () => {
    const script = `${recipe("r")}
number <- function(x) formatC(x, digits = 15, format = "g")
object <- function(names, values) cat("{", paste0('"', names, '": ', values, collapse = ", "), "}\\n", sep = "")
object(losses$label, apply(losses$test_loss, 1, function(x) paste0("[", paste(number(x), collapse = ", "), "]")))
object(paste(curves$label, curves$step), number(curves$test_loss))
`;
    const path = join(folder, "recipe.R");
    writeFileSync(path, script);
    expectNumbers(spawnSync(r ?? "", [path], { cwd: folder, encoding: "utf8" }));
  });
});
