// What `run` trains: optimizers, their rates and the seeds, each of which may be given several times.

import type { Command } from "commander";
import { collect, collectNumbers, collectRate, OPTIMIZER_HELP, parseNumber, SEED_HELP } from "./options.js";

/** Adds the options. Returns, once a command line is parsed, of each rate how many --optimizer stand before it. */
export function addRunChoices(command: Command): number[] {
  command
    .option("--optimizer <name>", OPTIMIZER_HELP, collect)
    .option(
      "--lr <rate>",
      "Use this learning rate; RP's is called λ, and auto has rp compute its rate and momentum anew at each step. It " +
        "belongs to the --optimizer before it; several rates make one run each. After several --optimizer that have no " +
        "rate between them, give one rate for each, in the same order. (default: the rate of the dataset's configuration)",
      collectRate,
    )
    .option(
      "--seed <number>",
      `${SEED_HELP} Give the option again, or a list, to train every optimizer with each of several seeds. (default: 0)`,
      collectNumbers,
    )
    .option(
      "--seeds <count>",
      "Train every optimizer with this number of seeds: 0, 1 and so on. Figures then show the median over the seeds and the " +
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
