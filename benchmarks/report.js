// Writes the measured numbers of benchmarks/results/, one folder a kind of machine, side by side into docs/performance.md,
// and draws its figures.
//
//   npm run bench:report     after, with --save: bench:peers, kernels.js (also with --threads 1) and scaling.js
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { drawLineCharts } from "../dist/figures/charts/line-chart.js";
import { RESULTS } from "./machine.js";
import { judge } from "./targets.js";

const docs = join(dirname(fileURLToPath(import.meta.url)), "..", "docs");
const read = (kind, name) => {
  const path = join(RESULTS, kind, `${name}.json`);
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : null;
};
const kinds = readdirSync(RESULTS).sort();
/** Those that have such results, each with its kind. */
const having = (name) =>
  kinds.flatMap((kind) => {
    const found = read(kind, name);
    return found ? [{ kind, ...found }] : [];
  });
const peers = having("peers");

/** In Markdown, its columns aligned. */
function table(rows) {
  const texts = rows.map((cells) => cells.map(String));
  const widths = texts[0].map((_, column) => Math.max(3, ...texts.map((cells) => cells[column].length)));
  const line = (cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(" | ")} |`;
  const [head, ...body] = texts.map(line);
  return [head, line(widths.map((width) => "-".repeat(width))), ...body].join("\n");
}
const ms = (value) => (value < 10 ? value.toFixed(2) : value.toFixed(value < 100 ? 1 : 0));
const count = (n, what) => `${n} ${what}${n === 1 ? "" : "s"}`;
/** Each once, in the order in which they first come. */
const namesOf = (lists) => [...new Set(lists.flat())];

function machineText({ kind, date, rounds, machine, versions }) {
  const { processor, model, cores, threads, instructionSet } = machine;
  const name = model ? `${processor} (family, model, stepping ${model})` : processor;
  const programs = Object.entries(versions).map((pair) => pair.join(" "));
  return (
    `- \`${kind}\`: ${date}, ${name}, ${count(cores, "core")}, ${count(threads, "thread")} each, ${instructionSet} kernels; ` +
    `${programs.join(", ")}; medians of ${rounds} interleaved rounds.`
  );
}

function targetsTable() {
  const rows = namesOf(peers.map(({ ratios }) => ratios.map(({ what }) => what))).map((what) => [
    what,
    ...peers.flatMap(({ ratios, machine }) => {
      const found = ratios.find((each) => each.what === what);
      if (!found) return ["–", "–", "–"];
      const target = judge(what, found.value, machine.instructionSet);
      const value = found.value.toFixed(2);
      return [target && !target.met ? `**${value}**` : value, target?.text ?? "–", found.against];
    }),
  ]);
  return table([["what", ...peers.flatMap(({ kind }) => [kind, "target", "against"])], ...rows]);
}

function timesTable() {
  const rows = namesOf(peers.map(({ times }) => times.map(({ name }) => name))).map((name) => [
    name,
    ...peers.flatMap(({ times }) => {
      const found = times.find((each) => each.name === name);
      if (!found) return ["–", "–", ""];
      const { milliseconds, least, most, chunk } = found;
      return [ms(milliseconds), `${ms(least)} to ${ms(most)}`, chunk ?? ""];
    }),
  ]);
  const head = peers.flatMap(({ kind }) => [`${kind}, median ms`, "least to most", "chunk"]);
  return table([["step", ...head], ...rows]);
}

function kernelsText({ kind, results, limits, machine }) {
  const alone = read(kind, "kernels-one-thread");
  const head = ["kernel", "MFLOP", "MB", "FLOP/byte", "bound by"];
  const runs = [...(alone ? [alone] : []), { results, limits, machine }];
  for (const each of runs) head.push(`µs, ${count(each.machine.threads, "thread")}`, "of the limit");
  const rows = results.map(({ name, flops, bytes, intensity, bound }) => [
    ...[name, (flops / 1e6).toFixed(1), (bytes / 1e6).toFixed(2), intensity.toFixed(1), bound],
    ...runs.flatMap((each) => {
      const own = each.results.find((result) => result.name === name);
      return own ? [own.microseconds.toFixed(0), own.ofLimit.toFixed(2)] : ["–", "–"];
    }),
  ]);
  const bounds = runs.map(
    ({ machine: { threads }, limits: { productGigaflops, streamGigabytes } }) =>
      `With ${count(threads, "thread")} the limits are ${productGigaflops.toFixed(0)} GFLOP/s (our 1024³ product) and ` +
      `${streamGigabytes.toFixed(0)} GB/s (one pass over arrays of the parameters' size, which lie in the cache).`,
  );
  return [`### ${kind}`, table([head, ...rows]), ...bounds].join("\n\n");
}

const colors = { "RP exact": "#D55E00", "RP, 32 outputs": "#CC79A7", Adam: "#0072B2", SGD: "#009E73" };
const figures = {
  outputs: { title: "outputs", xLabel: "outputs of the network (n-256-64-256-n, batch 100)" },
  batch: { title: "batch size", xLabel: "images in a batch (784-256-64-256-784)" },
  threads: { title: "threads", xLabel: "threads" },
};

/** Draws docs/images/scaling-<figure>-<kind>.png; returns their lines. */
function scalingText({ kind, machine, results }) {
  return Object.entries(figures).map(([name, { title, xLabel }]) => {
    const mine = results.filter(({ series }) => series.startsWith(`${name}/`));
    const range = (of, room) => ({
      min: Math.min(...mine.map(of)) / room,
      max: Math.max(...mine.map(of)) * room,
    });
    const chart = {
      ...{ title: `Step time, ${name === "threads" ? "by threads" : `${machine.threads} threads`}, ${kind}` },
      ...{ xLabel, yLabel: "milliseconds a step (log scale)" },
      curves: Object.entries(colors).map(([label, color]) => ({
        name: label,
        color,
        points: mine
          .filter(({ series }) => series === `${name}/${label}`)
          .map(({ x, milliseconds: y }) => ({ x, y })),
      })),
      xRange: range(({ x }) => x, 1.05),
      ...(name === "threads" ? { xScale: "linear", xWhole: true } : {}),
      yRange: range(({ milliseconds }) => milliseconds, 1.2),
    };
    const image = `scaling-${name}-${kind}.png`;
    writeFileSync(join(docs, "images", image), drawLineCharts([[chart]], "png"));
    return `![Step time over ${title}, ${kind}](images/${image})`;
  });
}

const sections = {
  machines: peers.map(machineText).join("\n"),
  targets: targetsTable(),
  times: timesTable(),
  kernels: having("kernels").map(kernelsText).join("\n\n"),
  scaling: having("scaling").flatMap(scalingText).join("\n\n"),
};

const path = join(docs, "performance.md");
let text = readFileSync(path, "utf8");
for (const [name, content] of Object.entries(sections)) {
  const pattern = new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*?(<!-- /${name} -->)`);
  if (!pattern.test(text)) throw new Error(`docs/performance.md has no section ${name}`);
  text = text.replace(pattern, (_, open, close) => `${open}\n${content}\n\n${close}`);
}
writeFileSync(path, text);
