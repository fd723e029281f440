import type { Command } from "commander";
import { RpBenchError } from "../errors.js";
import { formatTable } from "../table.js";
import { openVerifiable } from "../verify/folder.js";
import { rerun } from "../verify/rerun.js";
import { type Verification, verifyFolder } from "../verify/verify.js";
import { counted, note } from "./console.js";
import type { SetExitCode } from "./exit-codes.js";
import { withInterrupt } from "./interrupt.js";
import { DATA_DIR_HELP, JSON_HELP, parseNumber, QUIET_HELP, VERBOSE_HELP } from "./options.js";

interface VerifyOptions {
  rerun?: number;
  dataDir?: string;
  json?: boolean;
  quiet?: boolean;
}

export function addVerifyCommand(program: Command, setExitCode: SetExitCode): void {
  program
    .command("verify")
    .summary("Compute a result folder's tables and findings again from its logs, and compare.")
    .description(
      "Computes everything in a result folder that follows from something else once more, and compares: the checksums " +
        "of the dataset, every record beside its log, the summary and, of a study, the chosen rates and the findings. " +
        "On request it also trains some of the runs again.",
    )
    .argument("<folder>", "A folder that rp-bench run or rp-bench sweep made.")
    .option(
      "--rerun <count>",
      "Train so many of the finished runs again, drawn at random, and compare their losses. (default: 0)",
      parseNumber,
    )
    .option("--data-dir <folder>", DATA_DIR_HELP)
    .option("--json", JSON_HELP)
    .option("--quiet", QUIET_HELP)
    .option("--verbose", VERBOSE_HELP)
    .action(async (folder: string, options: VerifyOptions) => setExitCode(await verify(folder, options)));
}

async function verify(path: string, options: VerifyOptions): Promise<number> {
  const { dataDir, quiet, json, rerun: count = 0 } = options;
  if (!Number.isInteger(count) || count < 0) {
    throw new RpBenchError("USAGE", `--rerun: must be a whole number of runs, got ${count}`);
  }
  const verifiable = openVerifiable(path);
  const verifications = await verifyFolder(verifiable, { dataDir });
  if (count > 0) {
    const again = (signal: AbortSignal) =>
      rerun(verifiable, { count, dataDir, signal, note: quiet ? () => {} : note });
    verifications.push(...(await withInterrupt(again)));
  }
  const bad = verifications.filter(({ state }) => state === "differs").length;
  if (json) process.stdout.write(`${JSON.stringify({ folder: path, verifications }, null, 2)}\n`);
  else
    process.stdout.write(
      `${text(verifications)}\n\n${bad === 0 ? "verified" : counted(bad, "difference")}\n`,
    );
  return bad > 0 ? 1 : 0;
}

function text(verifications: readonly Verification[]): string {
  return formatTable([
    ["what", "state", "why"],
    ...verifications.map(({ what, state, detail }) => [what, state, detail]),
  ]);
}
