// Puts the faults of mutations/list.json into a copy of the sources, one after the other, and looks what finds each: a quick
// test, `rp-bench check`, or nothing. Writes what it saw into docs/ci.md; rows of mutations that were not tried stay.
//
//   npm run mutate                   all of them, some half an hour on two cores
//   npm run mutate -- loss.h warm    those whose file or description holds one of these words
//
// The exit code is 1 where a mutation survives, or cannot be made because its text is no longer in the sources.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { SourceCopy } from "./mutations/copy.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const document = join(root, "docs", "ci.md");
const [BEGIN, END] = ["<!-- mutations: made by npm run mutate -->\n", "<!-- end of mutations -->"];
const NOTHING = "**nothing**";

const list = JSON.parse(readFileSync(join(root, "scripts", "mutations", "list.json"), "utf8"));
const words = process.argv.slice(2);
const wanted = list.filter(
  ({ file, breaks }) => words.length === 0 || words.some((word) => `${file} ${breaks}`.includes(word)),
);
if (wanted.length === 0) throw new Error(`no mutation is called ${words.join(" or ")}`);

const copy = new SourceCopy(root);
const killers = new Map();
const errors = [];
try {
  const anyway = await copy.failsAnyway();
  if (anyway !== null) throw new Error(`without any mutation there is a failure already: ${anyway}`);
  for (const mutation of wanted) {
    const { file, breaks } = mutation;
    const start = performance.now();
    const { by, error } = await copy.try(mutation);
    if (error) errors.push(`${file}: ${breaks}: ${error}`);
    else killers.set(breaks, by ?? NOTHING);
    const seconds = ((performance.now() - start) / 1000).toFixed(0);
    console.log(`${file}: ${breaks}: ${error ?? by ?? "SURVIVES"} (${seconds} s)`);
  }
} finally {
  copy.remove();
}

const rows = rowsNow();
writeTable(rows);
const survivors = rows.filter(({ by }) => by === NOTHING);
for (const { file, breaks } of survivors) console.error(`mutate: nothing finds: ${file}: ${breaks}`);
for (const error of errors) console.error(`mutate: ${error}`);
console.log(
  `${killers.size} mutations tried, ${errors.length} could not be made, ${survivors.length} survive`,
);
process.exitCode = survivors.length + errors.length > 0 ? 1 : 0;

/** What finds each mutation of the list, as of now or of an earlier run. */
function rowsNow() {
  const cells = (line) => line.split("|").map((cell) => cell.trim());
  const table = readFileSync(document, "utf8").split(BEGIN)[1]?.split(END)[0] ?? "";
  const earlier = new Map(table.split("\n").map((line) => cells(line).slice(2, 4)));
  return list.flatMap(({ file, breaks }) => {
    const by = killers.get(breaks) ?? earlier.get(breaks);
    return by === undefined ? [] : [{ file, breaks, by }];
  });
}

function writeTable(rows) {
  const cells = [
    ["file", "what was made wrong", "found by"],
    ...rows.map(({ file, breaks, by }) => [file, breaks, by]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...cells.map((row) => row[column].length)));
  const line = (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(" | ")} |\n`;
  const [head, ...body] = cells.map(line);
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |\n`;
  const [before, rest] = readFileSync(document, "utf8").split(BEGIN);
  const after = rest?.split(END)[1];
  if (after === undefined) throw new Error(`${document}: the lines around the mutations are missing`);
  writeFileSync(
    document,
    `${before}${BEGIN}\n${sentence(rows)}\n\n${head}${rule}${body.join("")}\n${END}${after}`,
  );
}

function sentence(rows) {
  const byCheck = rows.filter(({ by }) => by.includes("check")).length;
  const none = rows.filter(({ by }) => by === NOTHING).length;
  const tests = rows.length - byCheck - none;
  return `Of ${rows.length} mutations, tests find ${tests} first, \`rp-bench check\` ${byCheck}, and nothing ${none}.`;
}
