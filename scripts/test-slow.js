// Runs the long proofs and writes what came of them to docs/slow-tests.md.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const report = join(mkdtempSync(join(tmpdir(), "rp-bench-")), "report.json");
const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
const { status } = spawnSync(
  process.execPath,
  [
    vitest,
    "run",
    "--project",
    "slow",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
  ],
  { cwd: root, stdio: "inherit" },
);
const results = JSON.parse(readFileSync(report, "utf8"));
const rows = results.testResults.flatMap(({ name, assertionResults }) =>
  assertionResults.map(({ fullName, status: outcome, duration }) => {
    const cells = [
      relative(root, name),
      fullName.trim(),
      outcome,
      `${((duration ?? 0) / 1000).toFixed(1)} s`,
    ];
    return `| ${cells.join(" | ")} |`;
  }),
);
const written = join(root, "docs", "slow-tests.md");
writeFileSync(
  written,
  `# Long proofs: last result

Written by \`npm run test:slow\`. ${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node},
${cpus()[0]?.model.trim()}, ${availableParallelism()} cores: ${results.numPassedTests} passed, ${results.numFailedTests} failed.

| file | test | result | time |
|---|---|---|---|
${rows.join("\n")}
`,
);
spawnSync(join(root, "node_modules", ".bin", "biome"), ["format", "--write", written], {
  cwd: root,
  stdio: "inherit",
});
process.exitCode = status ?? 1;
