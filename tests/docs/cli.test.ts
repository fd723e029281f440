// docs/cli.md and the help it is made of: current, complete and in sentences.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { exitCodesOf, pathOf } from "../../src/cli/exit-codes.js";
import { createProgram } from "../../src/cli/program.js";
import { commandReference } from "../../src/cli/reference.js";
import { root, rpBench } from "../support/cli.js";

const page = readFileSync(join(root, "docs", "cli.md"), "utf8");
const program = createProgram(() => {});
const leaves = (command: Command): Command[] =>
  command.commands.length > 0 ? command.commands.flatMap(leaves) : [command];
const commands = leaves(program).map((command) => [pathOf(command), command] as const);

it("docs/cli.md is what the commands' definitions give: npm run docs:cli", () => {
  expect(page).toBe(commandReference());
});

describe.each(commands)("%s", (path, command) => {
  it("has a section with its arguments, options and exit codes", () => {
    const [, section = ""] = page.split(new RegExp(`^##+ rp-bench ${path}$`, "m"));
    const [own] = section.split(/^##+ /m);
    for (const { flags } of command.options) expect(own).toContain(`| \`${flags}\` `);
    for (const argument of command.registeredArguments) expect(own).toContain(argument.name());
    for (const [code] of exitCodesOf(command))
      expect(own).toMatch(new RegExp(`^\\| ${code} +\\| [A-Z]`, "m"));
  });

  it("explains itself in sentences", () => {
    const texts = [command.summary(), command.description()];
    const helps = [...command.options, ...command.registeredArguments].map(({ description }) => description);
    for (const text of [...texts, ...helps]) expect(text).toMatch(/^[A-Z].*\.( \(default: .+\))?$/s);
    for (const [, meaning] of exitCodesOf(command)) expect(meaning).toMatch(/^[A-Z].*\.$/);
  });

  it("has exit codes of its own", () => {
    expect(exitCodesOf(command)).not.toEqual(exitCodesOf(program));
  });
});

it("help ends with the exit codes, within the width of a terminal", async () => {
  const { code, stdout } = await rpBench(["verify", "--help"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^Exit codes:\n {2}0 {4}Nothing differs\.[\s\S]*^ {2}130 {2}The command [^\n]+\n$/m);
  for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
});
