// Figures are decoded and looked at: each curve's colour in the plot area, nothing at the edges, the same bytes twice.

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { shadeOf } from "../../src/figures/charts/colors.js";
import { drawLineCharts, type LineChart } from "../../src/figures/charts/line-chart.js";
import { logarithmicTicks } from "../../src/figures/charts/ticks.js";
import { drawFigures } from "../../src/figures/draw-figures.js";
import { finalLosses, isOnePoint } from "../../src/figures/final-losses.js";
import { lossAgainstRate } from "../../src/figures/learning-rates.js";
import { lossOverEpochs, lossOverSeconds } from "../../src/figures/loss-curves.js";
import { withOneLegend } from "../../src/figures/one-legend.js";
import { overfittingCharts } from "../../src/figures/overfitting.js";
import type { RunResult } from "../../src/results/results.js";
import { summarize, summaryText } from "../../src/results/summary.js";
import { root, temporaryFolder } from "../support/cli.js";
import { hasBlankEdges, readPicture } from "../support/png.js";

const COLORS = { rp: "#D55E00", adam: "#0072B2", sgd: "#009E73" };
const PLOT = { left: 0.12, right: 0.97, top: 0.17, bottom: 0.86 };

type Name = keyof typeof COLORS;
const names = Object.keys(COLORS) as Name[];

/** A folder of curves that fall to 0.01, 0.02 and 0.03, made by hand. */
function folderOf(
  changes: Partial<Record<Name, { losses?: number[]; status?: "done" | "diverged" }>> = {},
): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "runs"));
  const summary = names.map((label, index) => {
    const losses = changes[label]?.losses ?? [0.2, 0.06, 0.03, 0.02, 0.01].map((loss) => loss * (1 + index));
    const rows = losses.map((loss, epoch) => ({
      ...{ epoch, step: 10 * epoch, trainingSeconds: epoch },
      ...{ trainLoss: loss * 0.8, validationLoss: loss, testLoss: loss },
    }));
    const lines = rows.map(
      (row) =>
        `${row.epoch},${row.step},${row.trainingSeconds},${row.trainLoss},${row.validationLoss},${row.testLoss}\n`,
    );
    const header = "epoch,step,training_seconds,train_loss,validation_loss,test_loss\n";
    writeFileSync(join(folder, "runs", `mnist-${label}-lr1-seed0.csv`), header + lines.join(""));
    const record = {
      ...{
        ...{ problem: "mnist", title: "MNIST", dataset: "mnist" as const, loss: "mse" as const },
        ...{ label, variant: "" },
        optimizer: label,
        learningRate: 1,
        settings: "",
        seed: 0,
        role: "final" as const,
      },
      ...{ status: changes[label]?.status ?? ("done" as const), reason: null, step: 40, lastFiniteLoss: 1 },
      ...{ trainingSeconds: 4, medianStepMilliseconds: 100 * (index + 1) },
      engine: { name: "native" as const, instructionSet: "avx2", threads: 2 },
      logSha256: "",
      parametersSha256: null,
    };
    return summarize(record, rows, null);
  });
  writeFileSync(join(folder, "summary.csv"), summaryText(summary));
  return folder;
}

const logOf = (losses: number[]) =>
  losses.map((loss, epoch) => ({
    ...{ epoch, step: 10 * epoch, trainingSeconds: epoch },
    ...{ trainLoss: loss * 0.8, validationLoss: loss, testLoss: loss },
  }));
const resultOf = (
  label: Name,
  seed: number,
  losses: number[],
  changes: Partial<RunResult> = {},
): RunResult => ({
  ...{ problem: "mnist", dataset: "mnist", loss: "mse", label, variant: "", optimizer: label },
  ...{ learningRate: 1, seed, rows: logOf(losses) },
  ...{ title: "MNIST", settings: "", role: "final", status: "done", step: 10 * (losses.length - 1) },
  ...{ bestValidationLoss: Math.min(...losses), medianStepMilliseconds: 1 },
  ...changes,
});

describe("charts", () => {
  it("marks rates that several optimizers lost in a row for each, above the losses", () => {
    const lost = { status: "diverged", learningRate: 31.6 };
    const tuning = (["rp", "adam", "sgd"] as const).flatMap((label) => [
      resultOf(label, 1000, [0.2, 0.02]),
      resultOf(label, 1000, [0.2], label === "sgd" ? { learningRate: 3 } : lost),
    ]);
    const { curves, yRange } = lossAgainstRate(tuning, []);
    const crosses = curves.filter(({ style, points }) => style === "crosses" && points.length > 0);
    expect(crosses.map(({ points }) => points[0].x)).toEqual([31.6, 31.6]);
    const heights = crosses.map(({ points }) => Math.log(points[0].y));
    // A cross is 14 of some 420 units high.
    expect((heights[0] - heights[1]) / Math.log(yRange.max / yRange.min)).toBeGreaterThan(14 / 420);
    for (const { points } of crosses) {
      expect(points[0].y).toBeGreaterThan(0.2);
      expect(points[0].y).toBeLessThan(yRange.max);
    }
  });

  it("names in the legend of overfitting the seeds that it leaves out", () => {
    const lost = resultOf("rp", 1, [0.2, 0.1], { status: "diverged", step: 17 });
    const kept = [resultOf("rp", 0, [0.2, 0.1, 0.05]), resultOf("adam", 0, [0.2, 0.1, 0.04])];
    const blown = resultOf("sgd", 0, [0.2, 0.1, 1e3]);
    for (const { curves } of overfittingCharts([...kept, lost, blown])) {
      expect(curves.map(({ name }) => name)).toEqual([
        "RP (λ = 1, seed 1 diverged at step 17)",
        "Adam (rate 1)",
        "SGD (rate 1, blew up)",
      ]);
      expect(curves.map(({ points }) => points.length > 0)).toEqual([true, true, false]);
    }
  });

  it("shows the test loss near its least where it turns up in most seeds, and only there", () => {
    const falls = [0, 1, 2].map((seed) => resultOf("rp", seed, [0.2, 0.1, 0.05, 0.04]));
    const turns = [0, 1, 2].map((seed) =>
      resultOf("adam", seed, [0.2, 0.05, 0.03, seed === 0 ? 0.03 : 0.05]),
    );
    const charts = overfittingCharts([...falls, ...turns]);
    expect(charts).toHaveLength(3);
    expect(charts[2].title).toBe("MNIST: test loss near its least");
    expect(charts[2].yRange.min).toBeLessThan(0.03);
    expect(charts[2].yRange.max).toBeCloseTo(1.5 * 0.03, 12);
    expect(charts[2].curves.map(({ points }) => points.at(-1)?.y)).toEqual([0.04, 0.05]);
    expect(overfittingCharts([...falls, turns[0]])).toHaveLength(2);
  });

  it("shows of a search the runs with the settings that were chosen, and says so", () => {
    const at = (variant: string, seed: number, loss: number, role = "tuning") =>
      resultOf("rp", seed, [0.2, loss], { variant, role });
    const tuning = [at("momentum-0", 1000, 0.1), at("momentum-0.9", 1000, 0.05)];
    const chart = lossAgainstRate(tuning, [at("momentum-0.9", 0, 0.04, "final")]);
    expect(chart.curves[0].points).toEqual([{ x: 1, y: 0.05 }]);
    expect(chart.subtitle).toContain("at the chosen settings");
    expect(lossAgainstRate(tuning.slice(1), []).subtitle).not.toContain("at the chosen settings");
  });

  it("leaves overfitting out where there is one evaluation", () => {
    expect(overfittingCharts([resultOf("rp", 0, [0.2, 0.1]), resultOf("adam", 0, [0.2, 0.1])])).toEqual([]);
  });

  it.each<[string, number[], number[]]>([
    ["one loss", [0.2, 0.1, 0], [0.2, 0.1, 0.05]],
    ["one optimizer's every loss", [0, 0, 0], [0.2, 0.1, 0.05]],
    ["every loss", [0, 0, 0], [0, 0, 0]],
  ])("have ticks on their axes where %s is 0, and say where it lies", (_, own, others) => {
    const final = [resultOf("rp", 0, own), resultOf("adam", 0, others)];
    const tuning = final.map((run) => ({ ...run, role: "tuning", seed: 1000 }));
    const logarithmic = [...[lossOverEpochs(final), lossOverSeconds(final)], lossAgainstRate(tuning, final)];
    for (const { yRange, subtitle } of logarithmic) {
      expect(logarithmicTicks(yRange.min, yRange.max).length).toBeGreaterThanOrEqual(3);
      expect(subtitle).toContain("a loss of 0 lies at the lower edge");
    }
    for (const { xRange, points } of overfittingCharts(final).flatMap(({ xRange, curves }) =>
      curves.map(({ points }) => ({ xRange, points })),
    )) {
      if (xRange) expect(logarithmicTicks(xRange.min, xRange.max).length).toBeGreaterThanOrEqual(3);
      for (const { x, y } of points) expect([x, y].every(Number.isFinite)).toBe(true);
    }
    const [whole] = [lossOverEpochs([resultOf("rp", 0, [0.2, 0.1])])];
    expect(whole.subtitle).toBeUndefined();
  });

  it("says of a run whose loss blew up that it did, and scales the axes by the others", () => {
    const runs = [resultOf("rp", 0, [0.2, 3, 1e5]), resultOf("adam", 0, [0.2, 0.1, 0.04])];
    const { curves, yRange } = lossOverEpochs(runs);
    expect(curves.map(({ name }) => name)).toContain("RP (λ = 1, blew up)");
    expect(yRange.max).toBeLessThan(0.3);
  });
});

describe("the value axis", () => {
  it("is that of what follows the first tenth, and says from where the curves come", () => {
    const { yRange, cut } = lossOverEpochs([
      resultOf("rp", 0, [0.25, 0.06, 0.03, 0.02, 0.02]),
      resultOf("adam", 0, [0.25, 0.05, 0.04, 0.02, 0.01]),
    ]);
    expect(yRange.max).toBeCloseTo(1.08 * 0.06, 12);
    expect(yRange.min).toBeCloseTo(0.008 / 1.08, 12);
    expect(cut).toBeCloseTo(0.25, 12);
  });

  it("shows all where there are few evaluations, or the start is not far above", () => {
    for (const losses of [
      [0.25, 0.06, 0.03],
      [0.25, 0.24, 0.23, 0.22, 0.21],
    ]) {
      const { yRange, cut } = lossOverEpochs([resultOf("rp", 0, losses)]);
      expect(cut).toBeUndefined();
      expect(yRange.max).toBeGreaterThan(0.25);
      expect(yRange.max).toBeLessThanOrEqual(1.08 * 0.25);
    }
  });

  it("has the start of the curves cut off and a mark in the picture", async () => {
    const run = resultOf("rp", 0, [0.25, 0.06, 0.03, 0.02, 0.02]);
    const drawn = async (losses: LineChart) => {
      const path = join(temporaryFolder(), "chart.png");
      writeFileSync(path, drawLineCharts([[losses]], "png"));
      return readPicture(path);
    };
    const { cut, ...unmarked } = lossOverEpochs([run]);
    expect(cut).toBeDefined();
    const top = { ...PLOT, bottom: 0.25 };
    const [marked, plain] = [await drawn({ ...unmarked, cut: 0.25 }), await drawn(unmarked)];
    expect(marked.count("#222222", top)).toBeGreaterThan(plain.count("#222222", top) + 100);
  });
});

describe("runs that were evaluated once", () => {
  const two = [0, 1].flatMap((seed) => [
    resultOf("rp", seed, [0.2, 0.05 + 0.01 * seed]),
    resultOf("sgd", seed, [0.2, 1e30], { status: "diverged", step: 7 }),
  ]);

  it("are bars of the last losses, with what was lost by name", () => {
    expect(isOnePoint(two)).toBe(true);
    expect(isOnePoint([...two, resultOf("adam", 0, [0.2, 0.1, 0.09])])).toBe(false);
    const { groups, subtitle } = finalLosses(two, true);
    expect(subtitle).toBe(
      "at epoch 1, the only evaluation after the start; median of 2 seeds, line from least to greatest",
    );
    expect(groups.map(({ name }) => name)).toEqual([
      "RP (λ = 1)",
      "SGD (rate 1, seed 0 diverged at step 7, seed 1 diverged at step 7)",
    ]);
    expect(groups[0].filled).toEqual({
      value: expect.closeTo(0.055, 12),
      low: 0.05,
      high: expect.closeTo(0.06, 12),
    });
    expect(groups[0].hollow?.value).toBeCloseTo(0.8 * 0.055, 12);
    expect([groups[1].filled, groups[1].hollow]).toEqual([null, null]);
    expect(groups[0].note).toBe("0.01 s of training");
    expect(finalLosses(two, false).groups[0].note).toBe("");
  });

  it("are drawn so", async () => {
    const once = { losses: [0.2, 0.1] };
    const [path, ...others] = drawFigures(
      folderOf({ rp: once, adam: { losses: [0.2, 0.05] }, sgd: once }),
      "png",
    );
    expect(others).toEqual([]);
    const picture = await readPicture(path);
    const filled = picture.count(COLORS.rp);
    expect(filled).toBeGreaterThan(20_000);
    expect(picture.count(COLORS.adam) / filled).toBeCloseTo(0.5, 1);
    expect(hasBlankEdges(picture)).toBe(true);
  });
});

it("has one legend on the sheet of overfitting, with what was lost below the titles", () => {
  const runs = [resultOf("rp", 0, [0.2, 0.1, 0.05]), resultOf("adam", 0, [0.2, 0.1, 0.04])];
  const lost = resultOf("adam", 1, [0.2, 0.1], { status: "diverged", step: 17, learningRate: 3 });
  const rows = [runs, [...runs.map((run) => ({ ...run, learningRate: 3 })), lost]].map(overfittingCharts);
  const [charts, heading] = withOneLegend("Overfitting", rows);
  expect(heading.curves.map(({ name }) => name)).toEqual(["RP", "Adam"]);
  expect(charts.map((row) => row.map(({ subtitle }) => subtitle))).toEqual(
    [undefined, "Adam: seed 1 diverged at step 17"].map((note) => rows[0].map(() => note)),
  );
});

describe("drawFigures", () => {
  it("shows every optimizer's curves, by epochs and by seconds, inside the picture", async () => {
    const folder = folderOf();
    const paths = drawFigures(folder, "png");
    expect(paths).toEqual(
      ["b-mnist.png", "b-mnist-seconds.png"].map((name) => join(folder, "figures", name)),
    );
    for (const path of paths) {
      const picture = await readPicture(path);
      expect([picture.width, picture.height]).toEqual([1600, 1080]);
      for (const name of names) expect(picture.count(COLORS[name], PLOT), name).toBeGreaterThan(1500);
      const white = picture.count("#ffffff");
      expect(white).toBeLessThan(picture.width * picture.height * 0.97);
      expect(hasBlankEdges(picture)).toBe(true);
    }
  });

  it("puts the seconds axis at steps × median step time", async () => {
    // Steps of rp, adam and sgd take 0.1, 0.2 and 0.3 s, so on a logarithmic axis from 1 to 12 s they end at 0.55, 0.82
    // and all of it; on a linear one adam would end at 0.67, left of 0.72 of the picture.
    const [, seconds] = drawFigures(folderOf(), "png");
    const picture = await readPicture(seconds);
    const right = { ...PLOT, left: 0.86 };
    expect(picture.count(COLORS.rp, { ...right, left: 0.72 })).toBe(0);
    expect(picture.count(COLORS.adam, { ...right, left: 0.72 })).toBeGreaterThan(100);
    expect(picture.count(COLORS.adam, right)).toBe(0);
    expect(picture.count(COLORS.sgd, right)).toBeGreaterThan(200);
  });

  it("draws solid test and dashed train curves, which are told apart where they coincide", async () => {
    const last = { ...PLOT, left: 0.8, right: 0.95 };
    const length = 0.15 * 1600;
    const train = shadeOf(COLORS.rp);
    const [epochs] = drawFigures(folderOf(), "png");
    const apart = await readPicture(epochs);
    expect(apart.count(COLORS.rp, last)).toBeGreaterThan(length * 2 * 1.75); // the solid line is 4.5 pixels wide
    expect(apart.count(train, last)).toBeGreaterThan(length); // and the dashed one has gaps of 4 in 10
    const same = resultOf("rp", 0, [0.2, 0.06, 0.03, 0.02, 0.01]);
    const rows = same.rows.map((row) => ({ ...row, trainLoss: row.testLoss }));
    const path = join(temporaryFolder(), "same.png");
    writeFileSync(path, drawLineCharts([[lossOverEpochs([{ ...same, rows }])]], "png"));
    const together = await readPicture(path);
    expect(together.count(train, last)).toBeGreaterThan(length);
    expect(together.count(COLORS.rp, last)).toBeGreaterThan(length * 1.5); // in the gaps and beside the thinner dashes
  });

  it("scales by runs that did not diverge", async () => {
    const steady = await readPicture(drawFigures(folderOf(), "png")[0]);
    const wild = { losses: [0.2, 1e3, 1e12], status: "diverged" as const };
    const picture = await readPicture(drawFigures(folderOf({ sgd: wild }), "png")[0]);
    const lowerHalf = { ...PLOT, top: 0.5 };
    expect(picture.count(COLORS.rp, lowerHalf)).toBeGreaterThan(0.5 * steady.count(COLORS.rp, lowerHalf));
    const allWild = folderOf({ rp: wild, adam: wild, sgd: wild });
    expect((await readPicture(drawFigures(allWild, "png")[0])).count(COLORS.sgd, PLOT)).toBeGreaterThan(100);
  });

  it("gives the same bytes from the same CSV files, as PNG and SVG", () => {
    const folder = folderOf();
    const bytes = () =>
      (["png", "svg"] as const).flatMap((format) =>
        drawFigures(folder, format).map((path) => readFileSync(path)),
      );
    const first = bytes();
    const again = bytes();
    expect(again).toHaveLength(first.length);
    again.forEach((file, index) => {
      expect(file.equals(first[index])).toBe(true);
    });
    expect(first[2].toString("utf8")).toMatch(/^<\?xml[\s\S]*<svg[\s\S]*stroke="#D55E00"[\s\S]*<\/svg>\s*$/);
  });

  it("gives the same bytes whatever the machine's language", () => {
    const folder = folderOf();
    const figure = join(folder, "figures", "b-mnist.png");
    const drawn = ["C", "de_DE.UTF-8", "ar_EG.UTF-8"].map((locale) => {
      const bin = join(root, "bin", "rp-bench.js");
      spawnSync(process.execPath, [bin, "plot", folder], { env: { ...process.env, LC_ALL: locale } });
      return readFileSync(figure);
    });
    expect(drawn[1].equals(drawn[0])).toBe(true);
    expect(drawn[2].equals(drawn[0])).toBe(true);
  });

  it("draws labels that are names of everything, and many rows", () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "runs"));
    const rows = Array.from({ length: 70_000 }, (_, step) => `${step / 100},${step},1,0.1,0.1,0.1\n`);
    const header = "epoch,step,training_seconds,train_loss,validation_loss,test_loss\n";
    writeFileSync(join(folder, "runs", "mnist-constructor-lr1-seed0.csv"), header + rows.join(""));
    expect(drawFigures(folder, "png")).toHaveLength(2);
  });

  it("draws without a summary, on the run's own clock", async () => {
    const folder = folderOf();
    rmSync(join(folder, "summary.csv"));
    const [, seconds] = drawFigures(folder, "png");
    expect((await readPicture(seconds)).count(COLORS.rp, { ...PLOT, left: 0.75 })).toBeGreaterThan(300);
  });

  it("draws losses of 0 with numbers on the axes", async () => {
    const zeros = Object.fromEntries(names.map((name) => [name, { losses: [0, 0, 0, 0, 0] }]));
    const [zero, plain] = [drawFigures(folderOf(zeros), "png"), drawFigures(folderOf(), "png")];
    const left = { left: 0.04, right: PLOT.left, top: PLOT.top, bottom: PLOT.bottom };
    for (const [index, path] of zero.entries()) {
      const ink = [path, plain[index]].map(async (one) => (await readPicture(one)).count("#222222", left));
      const [own, usual] = await Promise.all(ink);
      expect(own).toBeGreaterThan(0.5 * usual); // those of the ticks
    }
  });
});
