// What every command's exit code says, for its help and docs/cli.md.

import type { Command } from "commander";

/** Called with a command's exit code when it ends without an error. */
export type SetExitCode = (code: number) => void;

type Meanings = Readonly<Record<number, string>>;

const UNUSABLE =
  "The command line, a configuration or a file is not usable; the message names it. Nothing was begun.";
const INTERRUPTED = "The command was interrupted, by Ctrl-C or SIGTERM; what it has written stays.";
const ABSENT = "An engine or a dataset is absent; the message names the command that brings it.";
const NO_OUTPUT = "The output could not be written, as on a full disk.";
const NO_FIGURES = "The library that draws figures does not load.";

/** Of the program as a whole, and of what its commands have in common. */
const GENERAL: Meanings = {
  0: "The command did its work.",
  1: "A run diverged or failed, an optimizer got no learning rate, a regression or a difference was found. Or the output could not be written, as on a full disk, or something ended the command before its work was done.",
  2: UNUSABLE,
  3: ABSENT,
  130: INTERRUPTED,
};

/** By the command's name, as it is typed. */
const OF_COMMANDS: Readonly<Record<string, Meanings>> = {
  run: {
    0: "Every run is done.",
    1: "A run diverged, blew up or failed, a file or the output could not be written, or a run's files went away meanwhile. The rows of that run are kept, and the other runs went on.",
    2: UNUSABLE,
    3: ABSENT,
    130: INTERRUPTED,
  },
  sweep: {
    0: "Every optimizer got a learning rate and every run has ended. Runs that diverged are part of the result.",
    1: "No rate of an optimizer held for every tuning seed, a run failed or took too long, or its files went away meanwhile.",
    2: UNUSABLE,
    3: "An engine or a dataset is absent, or Slurm is absent or does not answer; the message says what to do.",
    130: INTERRUPTED,
  },
  plot: {
    0: "The figures are drawn.",
    1: "A figure could not be written.",
    2: "A folder is not a result folder, or a file in it does not read.",
    3: NO_FIGURES,
  },
  report: {
    0: "The page is written; what of the folders could not be read is named on the page and on standard error.",
    1: "The page could not be written.",
    2: "A folder is not a result folder, or a file in it does not read.",
    3: "The code of the page, or the library that draws images, is absent.",
  },
  export: {
    0: "The table or the event files are written.",
    1: "A file could not be written.",
    2: "The folder is not a result folder, or a file in it does not read.",
  },
  compare: {
    0: "The comparison is printed, whatever it says.",
    1: NO_OUTPUT,
    2: "A folder is not a result folder, or a file in it does not read.",
  },
  audit: {
    0: "The run is done and was measured.",
    1: "The run diverged or failed; what was measured before is kept.",
    2: UNUSABLE,
    3: ABSENT,
    130: INTERRUPTED,
  },
  "data list": { 0: "The list is printed.", 1: NO_OUTPUT, 2: UNUSABLE },
  "data fetch": {
    0: "The dataset is here and complete.",
    1: "No address gave a file; the same command goes on.",
    2: "The command line is not usable, or the folder or a file is not.",
    130: "The command was interrupted; the same command goes on.",
  },
  "data verify": {
    0: "Every dataset that was looked at has the known files.",
    1: "A dataset has files of the right form that are not the known ones.",
    2: "A dataset has files that do not read.",
    3: "The dataset that was named is not here.",
  },
  "data import": {
    0: "The dataset is copied and reads.",
    1: NO_OUTPUT,
    2: "The archive or folder does not hold the dataset, or cannot be copied.",
  },
  "data show": { 0: "The image is written.", 1: "It could not be written.", 2: UNUSABLE, 3: ABSENT },
  check: {
    0: "There is no regression.",
    1: "There is a regression: a loss or a time differs by more than rounding or noise explains.",
    2: "The baseline is missing, or of another configuration, other data or another version; or a file cannot be written.",
    3: "The native kernels or the dataset are absent.",
    130: INTERRUPTED,
  },
  verify: {
    0: "Nothing differs. What could not be verified is named in the output.",
    1: "Something differs from what it should be; the output says what and where.",
    2: "The folder is not one that rp-bench run or sweep made with this version's format, or the command line is not usable.",
    3: "The engine that is to train again is absent; only with --rerun.",
    130: "The command was interrupted while it trained again.",
  },
  doctor: {
    0: "The main job, rp-bench run, can be done here; something optional may be absent.",
    1: "The main job, rp-bench run, cannot be done here.",
    2: UNUSABLE,
  },
  worker: {
    0: "The task has its result, also where the run diverged or took too long.",
    1: "The task has no result; its study hands it over once more.",
    2: "There is no such task, or the command line is not usable.",
    3: ABSENT,
    130: "The task was ended by a signal, as when Slurm preempts it.",
  },
  demo: {
    0: "The figure and the table are written.",
    1: "A file could not be written.",
    2: UNUSABLE,
    3: NO_FIGURES,
  },
};

/** Of a command; of the program itself, and of a command that only groups others, what is general. */
export function exitCodesOf(command: Command): [code: string, meaning: string][] {
  return Object.entries(OF_COMMANDS[pathOf(command)] ?? GENERAL);
}

/** "data fetch": a command as it is typed after the program's name. */
export function pathOf(command: Command): string {
  const { parent } = command;
  return parent ? [pathOf(parent), command.name()].filter(Boolean).join(" ") : "";
}

/** Adds the exit codes to the help of a command and of all below it. */
export function addExitCodes(command: Command): void {
  command.addHelpText("after", () => {
    const helper = command.createHelp();
    helper.prepareContext({ helpWidth: process.stdout.columns ?? 80 });
    const items = exitCodesOf(command).map(([code, meaning]) => helper.formatItem(code, 3, meaning, helper));
    return ["", "Exit codes:", ...items].join("\n");
  });
  for (const below of command.commands) addExitCodes(below);
}
