import type { Command } from "commander";
import { RpBenchError } from "../errors.js";
import { makeTask } from "../sweep/cluster/task.js";
import { note } from "./console.js";
import type { SetExitCode } from "./exit-codes.js";
import { withInterrupt } from "./interrupt.js";
import { parseNumber, VERBOSE_HELP } from "./options.js";

export function addWorkerCommand(program: Command, setExitCode: SetExitCode): void {
  program
    .command("worker")
    .summary("Make one task of a study; rp-bench sweep --executor has it started on other machines.")
    .description(
      "Makes one task of a study: a run, or the measurement of step times. It is what rp-bench sweep gives to Slurm or to " +
        "a command of yours when its --executor is not local, and it need not be given by hand.",
    )
    .requiredOption("--study <folder>", "The result folder of the study.")
    .requiredOption("--task <number>", "The number of the task.", parseNumber)
    .option("--verbose", VERBOSE_HELP)
    .action(async ({ study, task }: { study: string; task: number }) => {
      if (!Number.isInteger(task) || task < 1)
        throw new RpBenchError("USAGE", `--task: must be a whole number from 1 on, got ${task}`);
      const made = await withInterrupt((signal) => makeTask(study, task, { signal, note }));
      setExitCode(made ? 0 : 1);
    });
}
