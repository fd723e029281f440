import type { Command } from "commander";
import { compareFolders, comparisonTable } from "../compare/comparison.js";
import { formatTable } from "../table.js";
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
      const note = difference === null ? "" : `\n\nnot made alike: ${difference}`;
      if (json) sayJson({ a, b, difference, comparisons });
      else say(`A: ${a}\nB: ${b}\n\n${formatTable(comparisonTable(comparisons))}${note}\n`);
    });
}
