// What the commands print in a narrow terminal: no line is longer than it, and every word is whole.

import { afterEach, beforeEach, expect, it } from "vitest";
import { auditText } from "../../src/cli/audit-text.js";
import { createProgram } from "../../src/cli/program.js";

let before: string | undefined;
beforeEach(() => {
  before = process.env.COLUMNS;
});
afterEach(() => {
  if (before === undefined) delete process.env.COLUMNS;
  else process.env.COLUMNS = before;
});

function inColumns(width: number): string {
  process.env.COLUMNS = String(width);
  const all = [createProgram(() => {})];
  for (const command of all) all.push(...command.commands);
  return all
    .map((command) => {
      let text = "";
      command.configureOutput({ writeOut: (part) => (text += part) }).outputHelp();
      return text;
    })
    .join("\n");
}

it.each([60, 120])("helps in %i columns", (width) => {
  const words = (text: string) => text.match(/\S+/g)?.length;
  const text = inColumns(width);
  expect(words(text)).toBe(words(inColumns(1000)));
  // The lines of usage and single words are not broken.
  const long = text.split("\n").filter((line) => line.length > width && !/^Usage|^ *\S+$/.test(line));
  expect(long).toEqual([]);
});

it("explains what an audit found", () => {
  process.env.COLUMNS = "60";
  const range = { median: 1.314, least: 1, greatest: 16.06 };
  const ratio = { step: 9, layer: 1, parameters: "weights" as const, count: 200, zeros: 100 };
  const quantiles = { min: 1, p5: 1, p25: 1, median: 20, p75: 1, p95: 1, max: 1 };
  const text = auditText(
    { title: "MNIST, RP, rate 20", files: ["out/audit.csv"] },
    {
      ratios: [
        { ...ratio, over: "gauss_newton", negatives: 0, quantiles },
        { ...ratio, over: "hessian", negatives: 50, quantiles: null },
      ],
      ...{ judged: 4, above: 1, unitAbove: 2, looseness: range, bestLambda: range, stableLambda: null },
    },
  );
  for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(60);
  expect(text).toMatch(/^ +1 weights +20 +– +50 % +25 %$/m);
  expect(text).toMatch(/^best λ along −g\/h +1\.31 +1 +16\.1$/m);
  expect(text).toMatch(/^largest stable λ +– +– +–$/m);
  expect(text.replace(/\s+/g, " ")).toContain("1 of 4 updates (25 %); it would have been after 2 of them");
});
