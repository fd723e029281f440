import { type Command, Option } from "commander";
import { EXPORT_FORMATS, type ExportFormat, exportPath, exportResults } from "../export/export.js";
import { newestFolder } from "../results/newest-folder.js";
import { warn } from "./console.js";
import { sayJson } from "./json-output.js";
import { JSON_HELP, VERBOSE_HELP } from "./options.js";
import { say } from "./stdout.js";

interface ExportOptions {
  format: ExportFormat;
  out?: string;
  json?: boolean;
}

export function addExportCommand(program: Command): void {
  program
    .command("export")
    .summary("Write every row of a result folder in one table for other tools.")
    .description(
      "Writes every evaluation of every run of a result folder as one table, with the run's dataset, optimizer, settings, " +
        "rate, seed and role in each row: as CSV or as Apache Parquet, for pandas, R or DuckDB. For TensorBoard it writes " +
        "a folder of event files, one for each run.",
    )
    .argument("[folder]", "A result folder. (default: the newest in results/)")
    .addOption(new Option("--format <name>", "Write this format.").choices(EXPORT_FORMATS).default("csv"))
    .option(
      "--out <path>",
      "Write to this file, or of TensorBoard to this folder. (default: export/rows.csv, export/rows.parquet or " +
        "export/tensorboard in the result folder)",
    )
    .option("--json", JSON_HELP)
    .option("--verbose", VERBOSE_HELP)
    .action((named: string | undefined, { format, out, json }: ExportOptions) => {
      const folder = named ?? newestFolder("results");
      const path = exportResults(folder, format, out ?? exportPath(folder, format), warn);
      if (json) sayJson({ export: path });
      else say(`${path}\n`);
    });
}
