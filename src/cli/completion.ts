import { Argument, type Command } from "commander";
import { bashScript } from "./completion/bash.js";
import { fishScript } from "./completion/fish.js";
import { type CommandSpec, specsOf } from "./completion/specs.js";
import { zshScript } from "./completion/zsh.js";
import { say } from "./stdout.js";

const SCRIPTS: Readonly<Record<string, (specs: readonly CommandSpec[]) => string>> = {
  ...{ bash: bashScript, zsh: zshScript, fish: fishScript },
};

export function addCompletionCommand(program: Command): void {
  program
    .command("completion")
    .summary("Print a script with which a shell completes the commands of rp-bench.")
    .description(
      "Prints a script that lets the Tab key complete commands, options and the names that options take, such as " +
        "datasets, optimizers and engines. In bash and zsh it is read by: source <(rp-bench completion bash), with the " +
        "name of the shell. In fish it is written to ~/.config/fish/completions/rp-bench.fish.",
    )
    .addArgument(new Argument("<shell>", "The shell: bash, zsh or fish.").choices(Object.keys(SCRIPTS)))
    .action((shell: string) => say(SCRIPTS[shell](specsOf(program))));
}
