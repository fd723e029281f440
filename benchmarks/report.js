// Writes the measured numbers of benchmarks/results/ into docs/performance.md and draws its figures.
//
//   npm run bench:report     after: bench:peers --json, kernels.js --json and scaling.js --json
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { drawLineChart } from "../dist/figures/charts/line-chart.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const read = (name) => JSON.parse(readFileSync(join(root, "benchmarks", "results", `${name}.json`), "utf8"));
const [peers, kernels, alone, scaling] = ["peers", "kernels", "kernels-one-thread", "scaling"].map(read);
const table = (rows) => {
  const [head, ...body] = rows.map((cells) => `| ${cells.join(" | ")} |`);
  return [head, `|${"---|".repeat(rows[0].length)}`, ...body].join("\n");
};
const ms = (value) => (value < 10 ? value.toFixed(2) : value.toFixed(value < 100 ? 1 : 0));

const sections = {
  machine: [
    `${peers.date}: ${peers.machine.processor}, ${peers.machine.cores} cores, ${peers.machine.threads} threads each;`,
    `${Object.entries(peers.versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(", ")}; medians of ${peers.rounds} interleaved rounds.`,
  ].join("\n"),
  targets: table([
    ["what", "measured", "target", "met", "against"],
    ...peers.targets.map(({ what, value, relation, target, met, against }) => [
      ...[what, value.toFixed(2), target === null ? "–" : `${relation} ${target}`],
      ...[met === null ? "–" : met ? "yes" : "**no**", against],
    ]),
  ]),
  times: table([
    ["step", "median ms", "least", "most", "chunk of outputs"],
    ...peers.times.map(({ name, milliseconds, least, most, chunk }) => [
      ...[name, ms(milliseconds), ms(least), ms(most), chunk ?? ""],
    ]),
  ]),
  kernels: [
    table([
      [
        "kernel",
        "MFLOP",
        "MB",
        "FLOP/byte",
        "bound by",
        "µs, 1 thread",
        "of the limit",
        `µs, ${kernels.threads} threads`,
        "of the limit",
      ],
      ...kernels.results.map((each, index) => {
        const one = alone.results[index];
        return [
          ...[
            each.name,
            (each.flops / 1e6).toFixed(1),
            (each.bytes / 1e6).toFixed(2),
            each.intensity.toFixed(1),
          ],
          ...[each.bound, one.microseconds.toFixed(0), one.ofLimit.toFixed(2)],
          ...[each.microseconds.toFixed(0), each.ofLimit.toFixed(2)],
        ];
      }),
    ]),
    "",
    ...[alone, kernels].map(
      ({ threads, limits }) =>
        `Limits, ${threads} thread${threads === 1 ? "" : "s"}: ${limits.productGigaflops.toFixed(0)} GFLOP/s (our 1024³ product), ${limits.streamGigabytes.toFixed(0)} GB/s (one pass over arrays of the parameters' size, which lie in the cache).\n`,
    ),
  ].join("\n"),
};

const path = join(root, "docs", "performance.md");
let text = readFileSync(path, "utf8");
for (const [name, content] of Object.entries(sections)) {
  const pattern = new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*?(<!-- /${name} -->)`);
  if (!pattern.test(text)) throw new Error(`docs/performance.md has no section ${name}`);
  text = text.replace(pattern, (_, open, close) => `${open}\n${content}\n\n${close}`);
}
writeFileSync(path, text);

const colors = { "RP exact": "#D55E00", "RP, 32 outputs": "#CC79A7", Adam: "#0072B2", SGD: "#009E73" };
const figures = {
  outputs: "outputs of the network (n-256-64-256-n, batch 100)",
  batch: "images in a batch (784-256-64-256-784)",
  threads: "threads",
};
for (const [name, xLabel] of Object.entries(figures)) {
  const mine = scaling.results.filter(({ series }) => series.startsWith(`${name}/`));
  const range = (of, room) => ({
    min: Math.min(...mine.map(of)) / room,
    max: Math.max(...mine.map(of)) * room,
  });
  const chart = {
    ...{ title: `Step time, ${name === "threads" ? "by threads" : `${scaling.cores} threads`}`, xLabel },
    yLabel: "milliseconds a step (log scale)",
    curves: Object.entries(colors).map(([label, color]) => ({
      ...{ name: label, color, dashed: false },
      points: mine
        .filter(({ series }) => series === `${name}/${label}`)
        .map(({ x, milliseconds: y }) => ({ x, y })),
    })),
    xRange: range(({ x }) => x, 1.05),
    yRange: range(({ milliseconds }) => milliseconds, 1.2),
  };
  writeFileSync(join(root, "docs", "images", `scaling-${name}.png`), drawLineChart(chart, "png"));
}
