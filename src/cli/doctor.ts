import type { Command } from "commander";
import { type Diagnosis, diagnose } from "../doctor/doctor.js";
import { formatTable } from "../table.js";
import type { SetExitCode } from "./exit-code.js";

interface DoctorOptions {
  dataDir?: string;
  json?: boolean;
}

export function addDoctorCommand(program: Command, setExitCode: SetExitCode): void {
  program
    .command("doctor")
    .description("look at what rp-bench uses: what is here, what is not, what brings it")
    .option("--data-dir <folder>", "where datasets are, before all other places")
    .option("--json", "print it as JSON")
    .option("--verbose", "print the stack of an error")
    .action(async (options: DoctorOptions) => {
      const diagnosis = await diagnose(options);
      process.stdout.write(options.json ? `${JSON.stringify(diagnosis, null, 2)}\n` : text(diagnosis));
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
