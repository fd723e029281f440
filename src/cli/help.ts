import type { Command } from "commander";
import { RpBenchError } from "../errors.js";

export function addHelpCommand(program: Command): void {
  program
    .command("help")
    .summary("Print the help of rp-bench, or of one of its commands.")
    .description(
      "Prints the help of a command, as its option --help does. Without a command it prints the list of all commands.",
    )
    .argument("[command...]", "The command that is to be explained, for example run, or data fetch.")
    .action((words: string[]) => commandOf(program, words).outputHelp());
}

/** @throws RpBenchError USAGE */
function commandOf(program: Command, words: readonly string[]): Command {
  return words.reduce((command, word) => {
    const below = command.commands.find((one) => one.name() === word);
    if (below) return below;
    const known = command.commands.map((one) => one.name()).join(", ");
    const what = known === "" ? "takes no further command" : `must be followed by one of ${known}`;
    throw new RpBenchError("USAGE", `help: ${command.name()} ${what}, got "${word}"`);
  }, program);
}
