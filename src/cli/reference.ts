// docs/cli.md: the reference of the command line, made from the commands' own definitions.

import type { Argument, Command, Option } from "commander";
import { exitCodesOf, pathOf } from "./exit-codes.js";
import { createProgram } from "./program.js";

const INTRODUCTION = `# The command line

This page lists every command of rp-bench with its arguments, options and exit codes. It is written by
\`npm run docs:cli\` from the definitions that the program itself uses, so it is what \`rp-bench <command> --help\` prints.
A command's result goes to standard output; progress, warnings and errors go to standard error, and an error is
one line that says what is wrong and what to do. Every command also takes \`-h\` or \`--help\`.
`;

const GENERAL_CODES =
  "A command ends with one of these exit codes. What each says of a single command stands in its section.";

/** Where a command is explained rather than listed. */
const PAGES: Readonly<Record<string, string>> = {
  run: "[The protocol](protocol.md) says how a run is made, and [the files](format.md) what it leaves.",
  sweep:
    "[The protocol](protocol.md) says how a study chooses and judges, [the files](format.md) what it leaves, and [studies on a cluster](cluster.md) how other machines make it.",
  audit: "[The audit](audit.md) says what is measured, and what came out.",
  data: "[Datasets](data.md) says where they are looked for, and what an unverified copy is.",
  check: "[Continuous integration](ci.md) has a workflow to copy, and the faults that the check finds.",
  report: "[The report page](report.md) says what is on the page and how to use it.",
  export: "[The report page](report.md#for-other-programs-rp-bench-export) lists the columns.",
  verify: "[Verifying results](verify.md) says what it proves and what it does not.",
  worker: "[Studies on a cluster](cluster.md) says how tasks come about.",
  demo: "[The method](method.md#figure-a-why-the-plain-diagonal-fails) explains the figure.",
};

export function commandReference(): string {
  const program = createProgram(() => {});
  const commands = program.commands.flatMap((command) => [command, ...command.commands]);
  const contents = table(
    ["command", "what it does"],
    commands.map((command) => [
      `[\`${pathOf(command)}\`](#rp-bench-${pathOf(command).replace(" ", "-")})`,
      command.summary(),
    ]),
  );
  const codes = table(["exit code", "meaning"], exitCodesOf(program));
  const parts = [INTRODUCTION, `${contents}\n`, `${GENERAL_CODES}\n\n${codes}\n`, ...commands.map(section)];
  return parts.join("\n");
}

function section(command: Command): string {
  const path = pathOf(command);
  const parts = [
    `${"#".repeat(path.includes(" ") ? 3 : 2)} rp-bench ${path}`,
    [prose(command.description()), PAGES[path]].filter(Boolean).join(" "),
  ];
  if (command.commands.length > 0) return `${parts.join("\n\n")}\n`;
  const { registeredArguments: taken } = command;
  const usage = [...taken.map(argumentTerm), "[options]"].join(" ");
  parts.push(`\`\`\`\nrp-bench ${path} ${usage}\n\`\`\``);
  if (taken.length > 0) parts.push(table(["argument", "meaning", "default"], taken.map(argumentRow)));
  parts.push(table(["option", "meaning", "default"], command.options.map(optionRow)));
  parts.push(
    table(
      ["exit code", "meaning"],
      exitCodesOf(command).map(([code, meaning]) => [code, prose(meaning)]),
    ),
  );
  return `${parts.join("\n\n")}\n`;
}

function argumentTerm(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? "..." : ""}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}

function argumentRow(argument: Argument): string[] {
  const { meaning, byDefault } = split(argument.description);
  return [`\`${argumentTerm(argument)}\``, meaning, byDefault || shown(argument.defaultValue)];
}

function optionRow(option: Option): string[] {
  const { meaning, byDefault } = split(option.description);
  const unnamed = option.argChoices?.some((choice) => !meaning.includes(choice));
  const choices = unnamed ? ` It is one of ${option.argChoices?.join(", ")}.` : "";
  return [
    `\`${option.flags}\``,
    meaning + choices,
    byDefault || (option.negate ? "" : shown(option.defaultValue)),
  ];
}

/** A help text, and the default that it ends with in parentheses. */
function split(help: string): { meaning: string; byDefault: string } {
  const [, meaning = help, byDefault = ""] = /^(.*?)(?: \(default: (.*)\))?$/s.exec(help) ?? [];
  return { meaning: prose(meaning), byDefault: prose(byDefault) };
}

/** Options and placeholders as code: Markdown would take the brackets for a tag. */
function prose(text: string): string {
  return text.replace(/(?<=^|\s)--[a-z-]+|[\w/.-]*<\w+>[\w/.<>-]*\w?/g, "`$&`");
}

function shown(value: unknown): string {
  return value === undefined || typeof value === "boolean" ? "" : String(value);
}

/** A Markdown table whose columns are as wide as what they hold. */
function table(head: string[], rows: string[][]): string {
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = head.map((_, column) => Math.max(3, ...cells.map((row) => row[column].length)));
  const line = (row: string[]) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(" | ")} |`;
  const [first, ...others] = cells;
  return [line(first), line(widths.map((width) => "-".repeat(width))), ...others.map(line)].join("\n");
}
