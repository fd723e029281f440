// What `run` trains: optimizers, their rates and the seeds, each of which may be given several times.

import type { Command } from "commander";
import { collect, collectNumbers, collectRate, OPTIMIZER_HELP, parseNumber, SEED_HELP } from "./options.js";

/** Adds the options. Returns, once a command line is parsed, of each rate how many --optimizer stand before it. */
export function addRunChoices(command: Command): number[] {
  command
    .option("--optimizer <name>", OPTIMIZER_HELP, collect)
    .option(
      "--lr <rate>",
      "Use this learning rate; RP's is called λ, and auto has rp compute its rate and momentum anew at each step. It is " +
        "for the --optimizer before it, and given several times makes a run with each. Behind several --optimizer give " +
        "one for each, in the same order. (default: the rate of the dataset's configuration)",
      collectRate,
    )
    .option(
      "--seed <number>",
      `${SEED_HELP} Give the option again, or a list, to train every optimizer with each of several seeds. (default: 0)`,
      collectNumbers,
    )
    .option(
      "--seeds <count>",
      "Train every optimizer with so many seeds: 0, 1 and so on. Figures then show the median over the seeds and the " +
        "band from the least to the greatest. (default: 1)",
      parseNumber,
    );
  const lrAfter: number[] = [];
  command.on("option:lr", (rates: string) => {
    const { optimizer = [] } = command.opts<{ optimizer?: string[] }>();
    lrAfter.push(...rates.split(",").map(() => optimizer.length));
  });
  return lrAfter;
}
