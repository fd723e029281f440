// Draws the layers of src/ in docs/development.md, from .dependency-cruiser.mjs and the imports that are there. An arrow
// that follows from others is left out: what a folder uses it reaches along the arrows.
//
//   node scripts/write-layers.js [--check]      with --check nothing is written; exit code 1 where the picture is old
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cruise } from "dependency-cruiser";
import configuration, { FOLDERS } from "../.dependency-cruiser.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const path = join(root, "docs", "development.md");
const LIBRARY = "index.ts";
const [BEGIN, END] = ["<!-- layers: made by npm run layers -->\n", "<!-- end of layers -->"];

const names = Object.keys(FOLDERS);
names.forEach((name, place) => {
  const above = FOLDERS[name].uses.find((other) => names.indexOf(other) <= place);
  if (above) throw new Error(`.dependency-cruiser.mjs: ${name} uses ${above}, which is not below it`);
});

const text = readFileSync(path, "utf8");
const [before, rest] = text.split(BEGIN);
const [, after] = rest?.split(END) ?? [];
if (after === undefined) throw new Error(`${path}: the lines around the layers are missing`);
const current = `${before}${BEGIN}\n${picture(await usesOfFolders())}\n${table()}\n${END}${after}`;
if (!process.argv.includes("--check")) {
  writeFileSync(path, current);
} else if (current !== text) {
  console.error("docs/development.md: the picture of the layers is old; make it again: npm run layers");
  process.exitCode = 1;
}

/** Which folders of src/, and its library file, import from which. */
async function usesOfFolders() {
  const { output } = await cruise(["src"], { ...configuration.options, baseDir: root, includeOnly: "^src/" });
  const uses = new Map([LIBRARY, ...names].map((name) => [name, new Set()]));
  for (const { source, dependencies } of output.modules) {
    const from = uses.get(nodeOf(source));
    for (const { resolved } of dependencies) {
      const to = nodeOf(resolved);
      if (from && uses.has(to) && uses.get(to) !== from) from.add(to);
    }
  }
  return uses;
}

/** The folder below src/, or the file in it. */
function nodeOf(file) {
  return file.split("/")[1];
}

/** A Mermaid flowchart, in the order of the layers. */
function picture(uses) {
  const reaches = (from, to) => [...uses.get(from)].some((next) => next === to || reaches(next, to));
  const lines = [...uses].flatMap(([from, all]) => {
    const direct = [...all].filter((to) => ![...all].some((via) => via !== to && reaches(via, to)));
    const ordered = [...uses.keys()].filter((name) => direct.includes(name));
    return ordered.length > 0 ? [`  ${from} --> ${ordered.join(" & ")}`] : [];
  });
  return ["```mermaid", "flowchart TD", ...lines, "```", ""].join("\n");
}

/** One line a folder, aligned. */
function table() {
  const rows = [
    ["folder of `src/`", "holds"],
    ["`index.ts`", "what the library exports"],
    ...names.map((name) => [`\`${name}/\``, FOLDERS[name].holds]),
  ];
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(" | ")} |\n`;
  const [head, ...body] = rows.map(line);
  return head + line(widths.map((width) => "-".repeat(width))) + body.join("");
}
