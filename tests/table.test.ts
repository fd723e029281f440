// Tables: points below each other, and within any width without a broken word.

import { describe, expect, it } from "vitest";
import { formatTable } from "../src/table.js";
import { wrapped } from "../src/terminal.js";

const RUNS = [
  ["optimizer", "learning rate", "settings", "status", "test loss", "seeds"],
  ["RP", "20", "", "done", "0.009430", "5"],
  ["RP, 32 outputs, momentum 0.95", "120", "warm-up 300, decay 0.9", "diverged at step 1200", "–", "4 of 5"],
  ["Adam", "auto", "", "done", "1.029e-2 (at edge)", "5"],
];

describe("formatTable", () => {
  it("aligns numbers on the point, whatever follows them", () => {
    const rows = [
      ["what", "loss"],
      ...[
        ["a", "0.00943"],
        ["b", "12.5"],
        ["c", "–"],
        ["d", "7"],
        ["e", "none"],
      ],
    ];
    expect(formatTable(rows, 80)).toBe(
      [
        "what      loss",
        "────  ────────",
        "a      0.00943",
        "b     12.5",
        "c      –",
        "d      7",
        "e         none",
      ].join("\n"),
    );
    const ranges = [
      ["loss", "rates"],
      ["0.00979 (0.00977 to 0.00981)", "1 3.16"],
      ["10.5 (at edge)", "0.001 0.00316"],
    ];
    expect(formatTable(ranges, 80).split("\n").slice(2)).toEqual([
      " 0.00979 (0.00977 to 0.00981)  1 3.16",
      "10.5     (at edge)             0.001 0.00316",
    ]);
  });

  it("does not take versions, paths, lists and times of day for numbers", () => {
    for (const text of ["22.1.0", "784,16,784", "10:30", "3x", "2026-11-26"]) {
      const [, , first, second] = formatTable([["found"], [text], ["1"]], 80).split("\n");
      expect([first, second]).toEqual([text, "1"]);
    }
  });

  const words = (text: string) => text.match(/[^\s─]+/g)?.sort() ?? [];
  it.each([110, 80, 60, 40, 24])("keeps every word whole in %i columns", (width) => {
    const text = formatTable(RUNS, width);
    for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(width);
    const shown = new Set(words(text));
    for (const word of words(RUNS.flat().join(" "))) expect(shown).toContain(word);
  });

  it("breaks heads before cells, and cells at spaces", () => {
    const lines = formatTable(RUNS, 103).split("\n");
    expect(lines[0]).toMatch(/ learning settings /);
    expect(lines[1]).toMatch(/^ +rate$/);
    expect(lines[3]).toMatch(/^RP +20 +done/);
    const [, , , , second = "", third = ""] = formatTable(RUNS, 80).split("\n");
    expect(second).toMatch(/^RP, 32 outputs, +120 /);
    expect(third).toMatch(/^momentum 0.95 /);
  });

  it("sets rows of more than two lines apart", () => {
    const table = (loss: string) =>
      formatTable(
        [
          ["name", "loss"],
          ["RP", loss],
          ["Adam", "1"],
        ],
        12,
      );
    expect(table("1 (2 to 3)")).toBe("name loss\n──── ───────\nRP   1 (2 to\n     3)\nAdam 1");
    expect(table("1 (2 to 3) to 4 (5 to 6)")).toMatch(/\n {5}[^\n]+\n {5}[^\n]+\n\nAdam 1$/);
  });

  it("becomes a block for each row where the columns do not fit, without its empty cells", () => {
    expect(formatTable(RUNS, 44).split("\n\n")[0]).toBe(
      [
        "optimizer      RP",
        "learning rate  20",
        "status         done",
        "test loss      0.009430",
        "seeds          5",
      ].join("\n"),
    );
  });

  it("is as wide as COLUMNS says, and as wide as it likes where the output is no terminal", () => {
    const before = process.env.COLUMNS;
    try {
      process.env.COLUMNS = "44";
      expect(formatTable(RUNS)).toBe(formatTable(RUNS, 44));
      process.env.COLUMNS = "many";
      expect(formatTable(RUNS)).toBe(formatTable(RUNS, process.stdout.columns || Number.POSITIVE_INFINITY));
    } finally {
      if (before === undefined) delete process.env.COLUMNS;
      else process.env.COLUMNS = before;
    }
  });

  it("shows a table without rows", () => {
    expect(formatTable([["a", "b"]], 80)).toBe("a  b\n─  ─");
  });
});

it("wraps at spaces, and gives a word that is too long a line of its own", () => {
  expect(wrapped("a bc def ghij", 6)).toEqual(["a bc", "def", "ghij"]);
  expect(wrapped("so 12.5 % of it", 6)).toEqual(["so", "12.5 %", "of it"]);
  expect(wrapped("see /a/long/path now", 6)).toEqual(["see", "/a/long/path", "now"]);
});
