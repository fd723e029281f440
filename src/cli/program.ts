import { Command } from "commander";
import { packageVersion } from "../results/manifest.js";
import { addAuditCommand } from "./audit.js";
import { addCheckCommand } from "./check.js";
import { addCompareCommand } from "./compare.js";
import { addDataCommand } from "./data.js";
import { addDemoCommand } from "./demo.js";
import { addDoctorCommand } from "./doctor.js";
import type { SetExitCode } from "./exit-code.js";
import { addPlotCommand } from "./plot.js";
import { addRunCommand } from "./run.js";
import { addSweepCommand } from "./sweep.js";
import { addVerifyCommand } from "./verify.js";

export function createProgram(setExitCode: SetExitCode): Command {
  const program = new Command("rp-bench")
    .description("Benchmarks residual partitioning (RP), a second-order optimizer, against Adam and SGD.")
    .version(packageVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => write(text.replace(/^error: /, "rp-bench: ").replace(/\n(?=\()/, " ")),
    })
    .showSuggestionAfterError()
    .addHelpText(
      "after",
      "\nExit codes: 0 done, 1 a run diverged or failed, an optimizer has no rate, a regression was found,\n" +
        "2 usage or bad input, 3 an engine or dataset is absent, 130 interrupted.",
    );
  addRunCommand(program, setExitCode);
  addSweepCommand(program, setExitCode);
  addPlotCommand(program);
  addCompareCommand(program);
  addAuditCommand(program, setExitCode);
  addDataCommand(program, setExitCode);
  addCheckCommand(program, setExitCode);
  addVerifyCommand(program, setExitCode);
  addDoctorCommand(program, setExitCode);
  addDemoCommand(program);
  return program;
}
