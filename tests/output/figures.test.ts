// Figures are decoded and looked at: each curve's colour in the plot area, nothing at the edges, the same bytes twice.

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { drawFigures } from "../../src/output/figures.js";
import { summarize, summaryText } from "../../src/output/summary.js";
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
        dataset: "mnist" as const,
        datasetTitle: "MNIST",
        label,
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
    };
    return summarize(record, rows, null);
  });
  writeFileSync(join(folder, "summary.csv"), summaryText(summary));
  return folder;
}

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
    // sgd's steps take three times rp's, so at the right third of the axis there is sgd alone.
    const [, seconds] = drawFigures(folderOf(), "png");
    const picture = await readPicture(seconds);
    const right = { ...PLOT, left: 0.75 };
    expect(picture.count(COLORS.rp, right)).toBe(0);
    expect(picture.count(COLORS.adam, right)).toBe(0);
    expect(picture.count(COLORS.sgd, right)).toBeGreaterThan(300);
  });

  it("draws solid test and dashed train curves", async () => {
    const [epochs] = drawFigures(folderOf(), "png");
    const picture = await readPicture(epochs);
    // The dashed curve leaves gaps of 4 in 10; count what colour there is in the last fifth, apart from the solid one.
    const last = { ...PLOT, left: 0.8, right: 0.95 };
    const solidAndDashed = picture.count(COLORS.rp, last);
    const length = 0.15 * 1600;
    expect(solidAndDashed).toBeGreaterThan(length * 2 * 2.25); // the solid line alone, 4.5 pixels wide
    expect(solidAndDashed).toBeLessThan(length * 2 * (2.25 + 1.75) * 1.35);
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
    expect(bytes()).toEqual(first);
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
    expect(drawn[1]).toEqual(drawn[0]);
    expect(drawn[2]).toEqual(drawn[0]);
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
});
