// Runs the long proofs, or those whose file names hold one of the words given, and writes what came of them into
// docs/slow-tests.md, a row for each file; rows of files that were not run stay. All that was printed goes to
// slow-tests.log, which git ignores.
//
//   npm run test:slow                   all of them
//   npm run test:slow -- demo verify    two of them
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const folder = join(root, "tests", "slow");
const written = join(root, "docs", "slow-tests.md");
const ENDING = ".slow.test.ts";
const machine = `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, Node ${process.versions.node}`;

/** Runs vitest; returns its report, or null where it made none, and its exit code. */
async function runTests(names) {
  const work = mkdtempSync(join(tmpdir(), "rp-bench-"));
  const report = join(work, "report.json");
  const reporters = ["--reporter=verbose", "--reporter=json", `--outputFile.json=${report}`];
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  const child = spawn(process.execPath, [vitest, "run", "--project", "slow", ...reporters, ...names], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const log = createWriteStream(join(root, "slow-tests.log"));
  for (const [from, to] of [
    [child.stdout, process.stdout],
    [child.stderr, process.stderr],
  ]) {
    from.on("data", (text) => {
      to.write(text);
      log.write(stripVTControlCharacters(text.toString()));
    });
  }
  const [code] = await once(child, "close");
  log.end();
  const results = existsSync(report) ? JSON.parse(readFileSync(report, "utf8")) : null;
  rmSync(work, { recursive: true });
  return { results, code: code ?? 1 };
}

/** What a file says in its first sentence that it proves. */
function claimOf(name) {
  const [head] = readFileSync(join(folder, `${name}${ENDING}`), "utf8").split(/\n(?!\/\/)/);
  const text = head.replace(/^\/\/ ?/gm, "").replaceAll("\n", " ");
  return text.replace(/\. .*/, ".").replaceAll("|", "\\|");
}

function rowOf({ name: path, assertionResults }) {
  const name = basename(path, ENDING);
  const counts = ["passed", "failed", "skipped"].flatMap((outcome) => {
    const count = assertionResults.filter(({ status }) => status === outcome).length;
    return count > 0 ? [`${count} ${outcome}`] : [];
  });
  const seconds = assertionResults.reduce((sum, { duration }) => sum + (duration ?? 0), 0) / 1000;
  const time = seconds < 100 ? `${seconds.toFixed(0)} s` : `${(seconds / 60).toFixed(0)} min`;
  const date = new Date().toISOString().slice(0, 10);
  const result = counts.join(", ") || "it did not load";
  const link = `[${name}](../tests/slow/${name}${ENDING})`;
  return { name, line: `| ${[link, claimOf(name), date, machine, result, time].join(" | ")} |` };
}

/** The table's rows, but for those of files that are gone. */
function earlierRows() {
  if (!existsSync(written)) return [];
  return readFileSync(written, "utf8")
    .split("\n")
    .flatMap((line) => {
      const name = /^\| \[([\w-]+)\]/.exec(line)?.[1];
      return name && existsSync(join(folder, `${name}${ENDING}`)) ? [{ name, line }] : [];
    });
}

const { results, code } = await runTests(process.argv.slice(2));
process.exitCode = code;
if (results) {
  const rows = new Map(
    [...earlierRows(), ...results.testResults.map(rowOf)].map((row) => [row.name, row.line]),
  );
  const lines = [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, line]) => line);
  writeFileSync(
    written,
    `# The long proofs

\`npm run test:slow\` runs the tests that take too long for every change, and writes this table. Each row is the last run
of one file: what it proves, when and on what machine it was run, what came of its tests and how long they took.

| tests | what they prove | date | machine | result | time |
|---|---|---|---|---|---|
${lines.join("\n")}
`,
  );
  const biome = join(root, "node_modules", "@biomejs", "biome", "bin", "biome");
  await once(
    spawn(process.execPath, [biome, "format", "--write", written], { cwd: root, stdio: "inherit" }),
    "close",
  );
}
