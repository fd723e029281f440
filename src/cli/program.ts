import { Command } from "commander";
import { packageVersion } from "../results/manifest.js";
import { addAuditCommand } from "./audit.js";
import { addCheckCommand } from "./check.js";
import { addCompareCommand } from "./compare.js";
import { addDataCommand } from "./data.js";
import { addDemoCommand } from "./demo.js";
import { addDoctorCommand } from "./doctor.js";
import type { SetExitCode } from "./exit-codes.js";
import { addExitCodes } from "./exit-codes.js";
import { addExportCommand } from "./export.js";
import { addPlotCommand } from "./plot.js";
import { addReportCommand } from "./report.js";
import { addRunCommand } from "./run.js";
import { addSweepCommand } from "./sweep.js";
import { addVerifyCommand } from "./verify.js";
import { addWorkerCommand } from "./worker.js";

export function createProgram(setExitCode: SetExitCode): Command {
  const program = new Command("rp-bench")
    .description(
      "Measures residual partitioning (RP), a second-order optimizer for neural networks, against Adam and SGD, and your " +
        "own optimizer against all of them. rp-bench run does the main job and needs no options.",
    )
    .version(packageVersion(), "-V, --version", "Print the version.")
    .helpOption("-h, --help", "Print this help.")
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => write(text.replace(/^error: /, "rp-bench: ").replace(/\n(?=\()/, " ")),
    })
    .showSuggestionAfterError();
  addRunCommand(program, setExitCode);
  addSweepCommand(program, setExitCode);
  addPlotCommand(program);
  addReportCommand(program);
  addExportCommand(program);
  addCompareCommand(program);
  addAuditCommand(program, setExitCode);
  addDataCommand(program, setExitCode);
  addCheckCommand(program, setExitCode);
  addVerifyCommand(program, setExitCode);
  addDoctorCommand(program, setExitCode);
  addDemoCommand(program);
  addWorkerCommand(program, setExitCode);
  addExitCodes(program);
  return program;
}
