import type { Command } from "commander";
import { compareFolders, comparisonTable } from "../compare/comparison.js";
import { formatTable } from "../table.js";

export function addCompareCommand(program: Command): void {
  program
    .command("compare")
    .description("put two result folders side by side: rates, test losses, step times")
    .argument("<a>", "a result folder")
    .argument("<b>", "another one")
    .option("--json", "print the comparison as JSON")
    .option("--verbose", "print the stack of an error")
    .action((a: string, b: string, { json }: { json?: boolean }) => {
      const { comparisons, difference } = compareFolders(a, b);
      const note = difference === null ? "" : `\n\nnot made alike: ${difference}`;
      const text = json
        ? JSON.stringify({ a, b, difference, comparisons }, null, 2)
        : `A: ${a}\nB: ${b}\n\n${formatTable(comparisonTable(comparisons))}${note}`;
      process.stdout.write(`${text}\n`);
    });
}
