import type { Command } from "commander";
import { type Comparison, compareFolders, comparisonTable } from "../compare/comparison.js";
import { formatTable } from "../table.js";
import { paragraphs } from "../terminal.js";
import { warn } from "./console.js";
import { sayJson } from "./json-output.js";
import { JSON_HELP, VERBOSE_HELP } from "./options.js";
import { say } from "./stdout.js";

export function addCompareCommand(program: Command): void {
  program
    .command("compare")
    .summary("Put two result folders side by side: rates, test losses, step times.")
    .description(
      "Puts the learning rates, test losses and step times of two result folders side by side, and says where the " +
        "folders were not made alike.",
    )
    .argument("<a>", "A folder that rp-bench run or rp-bench sweep made.")
    .argument("<b>", "The folder to compare it with.")
    .option("--json", JSON_HELP)
    .option("--verbose", VERBOSE_HELP)
    .action((a: string, b: string, { json }: { json?: boolean }) => {
      const { comparisons, difference } = compareFolders(a, b, warn);
      const notes = difference === null ? [] : [paragraphs([`not made alike: ${difference}`])];
      if (json) {
        sayJson({ a, b, difference, comparisons });
        return;
      }
      const parts = [`A: ${a}\nB: ${b}`, ...tablesOf(comparisons), ...wordsOf(comparisons), ...notes];
      say(`${parts.join("\n\n")}\n`);
    });
}

/** A table for each problem, below its name. */
function tablesOf(comparisons: readonly Comparison[]): string[] {
  return [...new Set(comparisons.map(({ problem }) => problem))].flatMap((problem) => [
    problem,
    formatTable(comparisonTable(comparisons.filter((one) => one.problem === problem))),
  ]);
}

/** What stands in the column of differences. */
function wordsOf(comparisons: readonly Comparison[]): string[] {
  const known = comparisons.filter(({ lossDifference }) => lossDifference !== null);
  const words = [
    "B − A is the test loss of B less that of A, as a part of A's.",
    ...(known.some(({ pairedSeeds }) => pairedSeeds > 0)
      ? ["“Paired” is the median over the seeds that both folders have, seed by seed."]
      : []),
    ...(known.some(({ pairedSeeds, alike }) => pairedSeeds === 0 && alike)
      ? ["“Of medians”: no seed was finished in both, so it is the difference of the medians."]
      : []),
    ...(known.some(({ pairedSeeds, alike }) => pairedSeeds === 0 && !alike)
      ? ["“Other networks or data”: the folders did not train the same, so the difference says little."]
      : []),
  ];
  return known.length > 0 ? [paragraphs([words.join(" ")])] : [];
}
