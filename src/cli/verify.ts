import type { Command } from "commander";
import { RpBenchError } from "../errors.js";
import { formatTable } from "../table.js";
import { openVerifiable } from "../verify/folder.js";
import { rerun } from "../verify/rerun.js";
import { type Verification, verifyFolder } from "../verify/verify.js";
import { counted, note } from "./console.js";
import type { SetExitCode } from "./exit-code.js";
import { withInterrupt } from "./interrupt.js";
import { parseNumber } from "./options.js";

interface VerifyOptions {
  rerun?: number;
  dataDir?: string;
  json?: boolean;
  quiet?: boolean;
}

export function addVerifyCommand(program: Command, setExitCode: SetExitCode): void {
  program
    .command("verify")
    .description("compute a result folder's tables and findings again from its logs, and compare")
    .argument("<folder>", "what run or sweep made")
    .option("--rerun <count>", "train so many of its runs again, drawn at random", parseNumber)
    .option("--data-dir <folder>", "where datasets are, before all other places")
    .option("--json", "print it as JSON")
    .option("--quiet", "print no progress")
    .option("--verbose", "print the stack of an error")
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
