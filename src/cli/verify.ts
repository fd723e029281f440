import type { Command } from "commander";
import { RpBenchError } from "../errors.js";
import { formatTable } from "../table.js";
import { openVerifiable } from "../verify/folder.js";
import { rerun } from "../verify/rerun.js";
import { type Verification, verifyFolder } from "../verify/verify.js";
import { counted, note } from "./console.js";
import type { SetExitCode } from "./exit-codes.js";
import { withInterrupt } from "./interrupt.js";
import { sayJson } from "./json-output.js";
import { DATA_DIR_HELP, JSON_HELP, parseNumber, QUIET_HELP, VERBOSE_HELP } from "./options.js";
import { say } from "./stdout.js";

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

/** Who changes a log, its record and every table makes a folder that agrees with itself. */
const UNTRIED: Verification = {
  what: "losses",
  state: "not verified",
  detail: "they agree with each other, but no run was trained again; --rerun <count> does so",
};

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
  } else verifications.push(UNTRIED);
  const bad = verifications.filter(({ state }) => state === "differs").length;
  if (json) sayJson({ folder: path, verifications });
  else say(`${text(verifications)}\n\n${conclusion(verifications, bad)}\n`);
  return bad > 0 ? 1 : 0;
}

/** What is said to be verified is no more than what was. */
function conclusion(verifications: readonly Verification[], bad: number): string {
  if (bad > 0) return counted(bad, "difference");
  const left = verifications.filter(({ state }) => state !== "ok").map(({ what }) => what);
  return `nothing differs; not verified: ${left.join(", ")}`;
}

function text(verifications: readonly Verification[]): string {
  return formatTable([
    ["what", "state", "why"],
    ...verifications.map(({ what, state, detail }) => [what, state, detail]),
  ]);
}
