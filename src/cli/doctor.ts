import type { Command } from "commander";
import { type Diagnosis, diagnose } from "../doctor/doctor.js";
import { formatTable } from "../table.js";
import type { SetExitCode } from "./exit-codes.js";
import { sayJson } from "./json-output.js";
import { DATA_DIR_HELP, JSON_HELP, VERBOSE_HELP } from "./options.js";
import { say } from "./stdout.js";

interface DoctorOptions {
  dataDir?: string;
  json?: boolean;
}

export function addDoctorCommand(program: Command, setExitCode: SetExitCode): void {
  program
    .command("doctor")
    .summary("Look at what rp-bench uses: what is here, what is not, what brings it.")
    .description(
      "Looks at everything that rp-bench uses: the kernels, the datasets and the optional packages. It tests the native " +
        "and the WebAssembly kernels, and names the command that brings each thing that is not here.",
    )
    .option("--data-dir <folder>", DATA_DIR_HELP)
    .option("--json", JSON_HELP)
    .option("--verbose", VERBOSE_HELP)
    .action(async (options: DoctorOptions) => {
      const diagnosis = await diagnose(options);
      if (options.json) sayJson(diagnosis);
      else say(text(diagnosis));
      setExitCode(diagnosis.canRun ? 0 : 1);
    });
}

function text({ canRun, findings }: Diagnosis): string {
  const table = formatTable([
    ["what", "state", "found"],
    ...findings.map(({ what, state, detail }) => [what, state, detail.split("\n")[0]]),
  ]);
  const remedies = findings.flatMap(({ what, remedy }) => (remedy ? [`${what}: ${remedy}`] : []));
  const mending = remedies.length > 0 ? `\n\nto have what is not here:\n${remedies.join("\n")}` : "";
  const verdict = canRun ? "rp-bench run can do its work here" : "rp-bench run cannot do its work here";
  return `${table}${mending}\n\n${verdict}\n`;
}
