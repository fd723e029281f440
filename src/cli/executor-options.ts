// Where a study's runs are made: the flags, and what they must not be.

import { resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { type Command, Option } from "commander";
import { RpBenchError } from "../errors.js";
import { usableCores } from "../processors.js";
import type { ClusterOptions } from "../sweep/cluster/cluster-study.js";
import { CommandScheduler, PLACEHOLDER } from "../sweep/cluster/command.js";
import { probeSlurm, Slurm } from "../sweep/cluster/slurm.js";
import { collect } from "./options.js";

export interface ExecutorOptions {
  executor?: "local" | "slurm" | "command";
  slurmArg?: string[];
  slurmSetup?: string[];
  submit?: string;
  cancelOnExit?: boolean;
}

export function addExecutorOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--executor <name>",
        "Make the runs here (local), as job arrays of Slurm (slurm), or each by a command line of your own (command). " +
          "The result folder and the datasets must then be seen by all machines; docs/cluster.md says how. (default: local)",
      ).choices(["local", "slurm", "command"]),
    )
    .option(
      "--slurm-arg <argument>",
      "Give sbatch this argument, as --slurm-arg=--partition=cpu. Give the option again for each further one.",
      collect,
    )
    .option(
      "--slurm-setup <line>",
      "Run this line of shell on the node first, as 'module load nodejs'. Give the option again for each further one.",
      collect,
    )
    .option(
      "--submit <command>",
      `With --executor command: make each run by this command line, in which ${PLACEHOLDER} stands for what is to be run, ` +
        `as 'ssh node7 ${PLACEHOLDER}'. It must last as long as the run does.`,
    )
    .option(
      "--cancel-on-exit",
      "When the command ends before the study does, cancel the tasks that Slurm has. (default: they go on, and the same " +
        "command follows them again)",
    );
}

/**
 * Long and short flags of sbatch that the study itself sets, or that make it do something else: tasks of another cluster or
 * user are not among those that it asks about.
 */
const OWN = [
  ...[
    "array",
    "job-name",
    "output",
    "error",
    "parsable",
    "wrap",
    "wait",
    "test-only",
    "requeue",
    "no-requeue",
  ],
  ...["open-mode", "chdir", "help", "usage", "version", "input", "quiet", "clusters", "uid"],
];
const OWN_SHORT = ["a", "J", "o", "e", "W", "D", "h", "V", "i", "Q", "M"];

/** What of a study depends on where its runs are made. */
interface RemoteExecutor extends Pick<ClusterOptions, "connect" | "cancels"> {
  /** Before anything else is begun. @throws RpBenchError EXECUTOR_UNAVAILABLE */
  probe(): Promise<void>;
}

/** What makes the study elsewhere; null where it is made here. @throws RpBenchError USAGE */
export function remoteExecutor(
  options: ExecutorOptions,
  {
    jobs,
    timeoutSeconds,
    warn,
  }: { jobs: number | null; timeoutSeconds: number | null; warn(text: string): void },
): RemoteExecutor | null {
  const { executor = "local", slurmArg = [], slurmSetup = [], submit } = options;
  const cancelOnExit = options.cancelOnExit ?? false;
  const needSlurm = {
    ...{ "--slurm-arg": slurmArg[0], "--slurm-setup": slurmSetup[0] },
    "--cancel-on-exit": cancelOnExit ? "" : undefined,
  };
  if (executor !== "slurm") refuse(needSlurm, "slurm");
  if (executor !== "command") refuse({ "--submit": submit }, "command");
  if (executor === "local") return null;
  if (executor === "slurm") {
    for (const arg of slurmArg) requireUsable(arg);
    let most = 1;
    return {
      async probe() {
        most = await probeSlurm();
      },
      connect(files, { signal, ...study }) {
        const logPath = (first: number, index: string) => resolve(files.logPath(first, index));
        const given = { args: slurmArg, setup: slurmSetup, jobs, timeoutSeconds, signal, warn };
        return new Slurm({ study, logPath, ...given }, most);
      },
      cancels: (title, tasks) => (cancelOnExit ? Promise.resolve(true) : ask(title, tasks)),
    };
  }
  const template = submit ?? "";
  if (!template.includes(PLACEHOLDER)) {
    const got = submit === undefined ? "it is missing" : `got ${JSON.stringify(submit)}`;
    const what = `--submit: must be a command line with ${PLACEHOLDER} in it, as 'ssh node7 ${PLACEHOLDER}'; ${got}`;
    throw new RpBenchError("USAGE", what);
  }
  return {
    async probe() {},
    connect: (files, { path }) =>
      new CommandScheduler({
        ...{ study: path, template, jobs: jobs ?? usableCores() },
        logPath: (first, index) => files.logPath(first, index),
      }),
    cancels: () => Promise.resolve(true),
  };
}

function refuse(flags: Record<string, string | undefined>, executor: string): void {
  for (const [flag, value] of Object.entries(flags)) {
    if (value === undefined) continue;
    throw new RpBenchError(
      "USAGE",
      `${flag}: goes with --executor ${executor}; give that, too, or leave it out`,
    );
  }
}

function requireUsable(arg: string): void {
  const flag = `--slurm-arg=${arg}`;
  if (!/^-(-[a-z]|[A-Za-z])/.test(arg)) {
    const example = "write a flag and its value as one, as --slurm-arg=--partition=cpu";
    throw new RpBenchError("USAGE", `${flag}: must begin with a dash; ${example}`);
  }
  const name = /^--([a-z-]+)/.exec(arg)?.[1];
  // sbatch takes the beginning of a flag for the whole of it.
  const own =
    name === undefined ? OWN_SHORT.includes(arg[1] ?? "") : OWN.some((flag) => flag.startsWith(name));
  if (own) throw new RpBenchError("USAGE", `${flag}: is set by rp-bench itself; leave it out`);
}

/** Where nobody can be asked, they go on. */
async function ask(title: string, tasks: number): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const controller = new AbortController();
    terminal.on("SIGINT", () => controller.abort()).on("close", () => controller.abort());
    const question = `${title} has ${tasks} tasks of this study. Cancel them? Otherwise they go on. [y/N] `;
    return /^y(es)?$/i.test((await terminal.question(question, controller)).trim());
  } catch {
    return false; // Ctrl-C again, or the end of the input
  } finally {
    terminal.close();
  }
}
