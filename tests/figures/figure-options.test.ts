// What `plot` is asked for, in the charts and in the pictures.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { endLabels, topsApart } from "../../src/figures/charts/end-labels.js";
import { drawLineCharts } from "../../src/figures/charts/line-chart.js";
import { textWidth } from "../../src/figures/charts/text-width.js";
import { drawFigures } from "../../src/figures/draw-figures.js";
import { lossChartOf } from "../../src/figures/figure-options.js";
import type { RunResult } from "../../src/results/results.js";
import { call } from "../support/call.js";
import { temporaryFolder } from "../support/cli.js";
import { readPicture } from "../support/png.js";
import { makeFolder } from "../support/result-folders.js";

const LOSSES = [0.25, 0.06, 0.03, 0.02, 0.015];
const folderOf = (labels = ["rp", "adam"]) =>
  makeFolder(
    temporaryFolder(),
    labels.map((label, index) => ({ label, losses: LOSSES.map((loss) => loss * (1 + 0.3 * index)) })),
  );
const run: RunResult = {
  ...{ problem: "mnist", dataset: "mnist", loss: "mse", label: "rp", variant: "", optimizer: "rp" },
  ...{ learningRate: 1, seed: 0, title: "MNIST", settings: "", role: "final", status: "done", step: 40 },
  ...{ bestValidationLoss: 0.02, medianStepMilliseconds: 100 },
  rows: LOSSES.map((loss, epoch) => ({
    ...{ epoch, step: 10 * epoch, trainingSeconds: epoch },
    ...{ trainLoss: loss, validationLoss: loss, testLoss: loss },
  })),
};

describe("a chart of losses", () => {
  const png = { format: "png" } as const;

  it("has the asked axis", () => {
    const last = (axis: "epochs" | "steps" | "seconds") => {
      const { xLabel, curves } = lossChartOf([run], axis, png);
      return [xLabel, curves[0].points.at(-1)?.x];
    };
    expect(last("epochs")).toEqual(["epoch", 4]);
    expect(last("steps")).toEqual(["step", 40]);
    expect(last("seconds")).toEqual(["training time (s, log scale)", 4]);
  });

  it("begins where it is asked to, and ends at the asked losses", () => {
    const { xRange, xScale, curves, cut } = lossChartOf([run], "steps", { ...png, from: 2 });
    expect([xRange, xScale, cut]).toEqual([{ min: 20, max: 40 }, "linear", undefined]);
    expect(curves[0].points.map(({ x }) => x)).toEqual([20, 30, 40]);
    const limited = lossChartOf([run], "epochs", { ...png, yMin: 0.001, yMax: 0.02 });
    expect([limited.yRange, limited.cut]).toEqual([{ min: 0.001, max: 0.02 }, 0.25]);
    expect(lossChartOf([run], "epochs", { ...png, yMax: 1 }).cut).toBeUndefined();
  });
});

describe("rp-bench plot", () => {
  it("draws what it is asked for, as large and dark as it is asked to", async () => {
    const folder = folderOf();
    const args = ["--x", "steps", "--theme", "dark", "--size", "900x700", "--only", "adam", "--json"];
    const { code, stdout } = await call(["plot", folder, ...args]);
    expect(code).toBe(0);
    const [path, ...others] = JSON.parse(stdout);
    expect([path, others]).toEqual([join(folder, "figures", "b-mnist-steps.png"), []]);
    expect(readdirSync(join(folder, "figures"))).toEqual(["b-mnist-steps.png"]);
    const picture = await readPicture(path);
    expect([picture.width, picture.height]).toEqual([900, 700]);
    expect(picture.count("#171c23")).toBeGreaterThan(0.6 * 900 * 700);
    expect(picture.count("#3B8FE0")).toBeGreaterThan(500);
    expect(picture.count("#F0813A")).toBe(0);
  });

  it("writes the letters of an SVG as paths or as text", async () => {
    const folder = folderOf();
    const svg = async (...args: string[]) => {
      const { stdout } = await call(["plot", folder, "--format", "svg", "--title", "A < B", ...args]);
      return readFileSync(stdout.split("\n")[0], "utf8");
    };
    expect(await svg()).not.toContain("<text");
    const text = await svg("--svg-text", "text");
    expect(new Set(text.match(/font-family="[^"]*"/g))).toEqual(new Set(['font-family="Inter, sans-serif"']));
    expect(text).toContain('font-weight="600"');
    expect(text.replace(/<[^>]*>/g, "")).toMatch(/A\s*&lt;\s*B/);
  });

  it.each<[string[], RegExp]>([
    [["--size", "10x10"], /'10x10' is invalid\. It must be a width and a height of 600 to 8000 pixels/],
    [["--y-min", "0"], /'0' is invalid\. It must be above 0/],
    [["--y-min", "0.9"], /--y-min: must be below 0\.\d+, where the axis ends, got 0\.9/],
    [["--y-max", "1e-9"], /--y-max: must be above 0\.\d+, where the axis ends, got 1e-9/],
    [["--from", "9"], /--from: no evaluation is at epoch 9 or later, the last one is at 4/],
    [["--from", "-1"], /It must be 0 or a later epoch/],
    [["--only", "rp,x"], /--only: .* has no run labelled "x"; its labels are adam, rp/],
    [["--only", ","], /It must be labels with commas/],
    [["--title", "a", "--title", "b"], /The option was given before, as a/],
    [["--svg-text", "text"], /--svg-text text: is about SVG files; give --format svg, too/],
    [["--theme", "pink"], /Allowed choices are light, dark/],
  ])("refuses %j in one line and draws nothing", async (args, message) => {
    const folder = folderOf();
    const { code, stdout, stderr } = await call(["plot", folder, ...args]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(readdirSync(folder)).not.toContain("figures");
  });
});

describe("many curves", () => {
  const labels = ["rp", "adam", "sgd", "one", "two", "three"];

  it("have their names at the ends of their lines, none over another", async () => {
    const picture = await readPicture(drawFigures(folderOf(labels), "png")[0]);
    expect([picture.width, picture.height]).toEqual([2 * (800 + 232), 1080]);
    const margin = { left: 1 - 200 / 1032, right: 1, top: 0, bottom: 1 };
    for (const color of ["#D55E00", "#0072B2", "#009E73", "#CC79A7"])
      expect(picture.count(color, margin), color).toBeGreaterThan(60);
    const few = await readPicture(drawFigures(folderOf(labels.slice(0, 4)), "png")[0]);
    expect(few.width).toBe(1600);
  });

  it("stand in their order, apart, and inside", () => {
    const area = { top: 100, bottom: 200 };
    const block = (top: number) => ({ top, height: 20 });
    expect(topsApart([110, 150].map(block), area)).toEqual([110, 150]);
    expect(topsApart([90, 95, 96].map(block), area)).toEqual([100, 120, 140]);
    expect(topsApart([150, 190, 191].map(block), area)).toEqual([145, 165, 185]);
  });

  const curves = Array.from({ length: 60 }, (_, index) => ({
    ...{ name: `${index} (rate 1)`, color: "#000000", points: [{ x: 1, y: 1 }] },
    short: { name: `${index}`, lost: "" },
  }));

  it("have no labels where a legend holds them, or where they are marks, which have no end", () => {
    expect(endLabels(curves.slice(0, 4), 770)).toBeNull();
    expect(endLabels(curves.slice(0, 5), 770)?.map(({ name, notes }) => [name, ...notes])).toEqual(
      [0, 1, 2, 3, 4].map((index) => [`${index}`, "rate\u00a01"]),
    );
    const rings = curves.slice(0, 6).map((curve) => ({ ...curve, style: "rings" as const }));
    expect(endLabels(rings, 770)).toBeNull();
  });

  it("have them, too, where a legend would be cut at the edges", () => {
    const settings = `rate 1, ${Array.from({ length: 12 }, (_, index) => `setting ${index}`).join(", ")}`;
    const [long] = [{ ...curves[0], name: `0 (${settings})` }];
    const [label] = endLabels([long], 770) ?? [];
    expect(label.notes.length).toBeGreaterThan(2);
    expect(label.notes.join(" ").replaceAll("\u00a0", " ")).toBe(settings);
    for (const line of label.notes) expect(line).toMatch(/^(rate|setting)\u00a0/);
    for (const line of label.notes) expect(textWidth(line, 11)).toBeLessThan(232);
  });

  it("make the figure higher where the names need it, and are left without their settings before that", async () => {
    expect(endLabels(curves, 770)?.[59]).toMatchObject({ name: "59", notes: [] });
    const chart = { ...lossChartOf([run], "epochs", { format: "png" }), curves };
    const heightOf = async (size?: { width: number; height: number }) => {
      const path = join(temporaryFolder(), "many.png");
      writeFileSync(path, drawLineCharts([[size ? { ...chart, size } : chart]], "png"));
      const { width, height } = await readPicture(path);
      return [width, height];
    };
    expect(await heightOf()).toEqual([2 * (800 + 232), 2 * (60 * 22 + 150)]);
    expect(await heightOf({ width: 401, height: 300 })).toEqual([802, 600]);
  });
});

it("draws all problems side by side in study.png", async () => {
  const folder = folderOf();
  expect(drawFigures(folder, "png").map((path) => path.split("/").at(-1))).not.toContain("study.png");
  const path = join(folder, "summary.csv");
  const other = (text: string) =>
    text.replaceAll(/^mnist,MNIST,mnist/gm, "fashion-mnist,Fashion-MNIST,fashion-mnist");
  const [head, ...rows] = readFileSync(path, "utf8").split("\n");
  writeFileSync(path, [head, ...rows.slice(0, -1), ...rows.map(other)].join("\n"));
  mkdirSync(join(folder, "runs"), { recursive: true });
  for (const name of readdirSync(join(folder, "runs")).filter((file) => file.endsWith(".csv")))
    writeFileSync(join(folder, "runs", `fashion-${name}`), readFileSync(join(folder, "runs", name)));
  const study = drawFigures(folder, "png").find((one) => one.endsWith("study.png"));
  const picture = await readPicture(study ?? "");
  expect([picture.width, picture.height]).toEqual([2 * 2 * 560, 2 * (96 + 420)]);
  for (const left of [0, 0.5]) {
    const half = { left, right: left + 0.5, top: 0.2, bottom: 1 };
    for (const color of ["#D55E00", "#0072B2"]) expect(picture.count(color, half)).toBeGreaterThan(1000);
  }
});
