import type { Command } from "commander";
import { reportPath, writeReport } from "../report/write-report.js";
import { newestFolder } from "../results/newest-folder.js";
import { warn } from "./console.js";
import { sayJson } from "./json-output.js";
import { DATA_DIR_HELP, JSON_HELP, VERBOSE_HELP } from "./options.js";
import { say } from "./stdout.js";

interface ReportOptions {
  out?: string;
  dataDir?: string;
  json?: boolean;
}

export function addReportCommand(program: Command): void {
  program
    .command("report")
    .summary("Write a page of result folders that explains itself: report.html.")
    .description(
      "Writes one page, report.html, from the CSV files of a result folder: what was run, the findings, the curves, the " +
        "search for the rates and every run, with switches, zoom and downloads. The page is a single file that loads " +
        "nothing, so it can be sent to others. Several folders are shown side by side.",
    )
    .argument("[folders...]", "Result folders. (default: the newest in results/)")
    .option("--out <file>", "Write the page to this file. (default: report.html in the first folder)")
    .option("--data-dir <folder>", DATA_DIR_HELP)
    .option("--json", JSON_HELP)
    .option("--verbose", VERBOSE_HELP)
    .action(async (named: string[], { out, dataDir, json }: ReportOptions) => {
      const folders = named.length > 0 ? named : [newestFolder("results")];
      const path = await writeReport(folders, out ?? reportPath(folders[0]), { dataDir, warn });
      if (json) sayJson({ report: path });
      else say(`${path}\n`);
    });
}
