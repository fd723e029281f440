// `rp-bench demo` draws figure (a), writes the losses behind it and prints their table, the same each time.

import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { readCsv } from "../../src/results/csv.js";
import { type Finished, root, rpBench, sharedFolder, temporaryFolder } from "../support/cli.js";
import { hasBlankEdges, readPicture } from "../support/png.js";

const COLORS = { jacobi: "#0072B2", "gradient-descent": "#009E73", rp: "#D55E00", newton: "#000000" };
const NAMES = ["equicorrelated-3", "equicorrelated-2", "dominant-200", "random-200", "coupled-200"];
const folder = sharedFolder();
const demo = (options: string[], cwd = folder) => rpBench(["demo", "least-squares", ...options], { cwd });

function lossesOf(path: string): (problem: string, method: string) => number[] {
  const rows = readCsv(readFileSync(path, "utf8"), path, ["problem", "method", "iteration", "loss"]);
  return (problem, method) => {
    const own = rows.filter((row) => row.problem === problem && row.method === method);
    own.forEach((row, index) => {
      expect(row.iteration).toBe(String(index));
    });
    return own.map(({ loss }) => Number(loss));
  };
}

let finished: Finished;
beforeAll(async () => {
  finished = await demo(["--out", "all"]);
});

describe("demo least-squares", () => {
  it("writes the losses and the figure, and prints a table of them", () => {
    const { code, stdout, stderr } = finished;
    expect([code, stderr]).toEqual([0, ""]);
    const [head, , ...lines] = stdout.split("\n\n")[0].split("\n");
    expect(head).toMatch(
      /^problem +unknowns +λmax, scaled +method +iterations +first loss +last loss +diverged$/,
    );
    expect(lines).toHaveLength(20);
    const diverged = lines
      .filter((line) => line.endsWith("yes"))
      .map((line) => line.split(/ {2,}/).slice(0, 4));
    expect(diverged).toEqual([
      ["equicorrelated-3", "3", "2.400", "Jacobi"],
      ["coupled-200", "200", "4.980", "Jacobi"],
    ]);
    expect(stdout.split("\n\n")[1].trim().split("\n")).toEqual([
      join("all", "losses.csv"),
      join("all", "figures", "a-least-squares.png"),
    ]);
    expect(readdirSync(join(folder, "all")).sort()).toEqual(["figures", "losses.csv"]);

    const losses = lossesOf(join(folder, "all", "losses.csv"));
    for (const name of NAMES) {
      for (const method of Object.keys(COLORS))
        expect(losses(name, method), `${name} ${method}`).toHaveLength(61);
      const rp = losses(name, "rp");
      expect(rp.every((loss, k) => k === 0 || loss <= rp[k - 1])).toBe(true);
    }
    // Of (1, −1, 0)/√2 Jacobi leaves c, of (1, 1, 1)/√3 −2c a step; H = 2/3 of the correlation matrix.
    const c = 0.7;
    losses("equicorrelated-3", "jacobi").forEach((loss, k) => {
      const expected = ((1 - c) * c ** (2 * k) + (1 + 2 * c) * 0.2 ** 2 * (2 * c) ** (2 * k)) / 3;
      expect(Math.abs(loss / expected - 1)).toBeLessThan(1e-12); // some rounding a step, 60 steps
    });
  });

  it("draws every method in every panel, nothing at the edges, and what docs/ shows", async () => {
    const path = join(folder, "all", "figures", "a-least-squares.png");
    const picture = await readPicture(path);
    expect([picture.width, picture.height]).toEqual([2160, 1832]);
    const [above, below] = [
      { top: 0.155, bottom: 0.56 },
      { top: 0.69, bottom: 0.93 },
    ];
    const panels = [
      { ...above, left: 0.07, right: 0.48 },
      { ...above, left: 0.57, right: 0.98 },
      { ...below, left: 0.066, right: 0.31 },
      { ...below, left: 0.375, right: 0.64 },
      { ...below, left: 0.708, right: 0.98 },
    ];
    // Pixel for pixel another processor's rounding might tell; how much of a colour is where does not hang on that.
    const shown = await readPicture(join(root, "docs", "images", "a-least-squares.png"));
    const expectAsShown = (what: string, color: string, box?: Parameters<typeof shown.count>[1]) => {
      const [now, then] = [picture.count(color, box), shown.count(color, box)];
      expect(then, what).toBeGreaterThan(100);
      expect(Math.abs(now - then), what).toBeLessThanOrEqual(Math.max(20, 0.01 * then));
    };
    for (const [index, panel] of panels.entries()) {
      for (const [method, color] of Object.entries(COLORS))
        expectAsShown(`${NAMES[index]} ${method}`, color, panel);
    }
    expectAsShown("text", "#222222");
    expectAsShown("contours", "#c4c4c4");
    // Jacobi's path leaves the first panel at the top; it ends there, below the titles.
    const heading = { left: 0, right: 0.5, top: 0.11, bottom: 0.155 };
    expect(picture.count(COLORS.jacobi, heading)).toBe(0);
    expect(hasBlankEdges(picture)).toBe(true);
  });

  it("gives the same bytes each time, in results/ where no folder is named", async () => {
    const cwd = temporaryFolder();
    await demo([], cwd);
    const [name] = readdirSync(join(cwd, "results"));
    expect(name).toMatch(/^\d{4}-\d\d-\d\d-\d{6}-demo-least-squares$/);
    for (const file of ["losses.csv", join("figures", "a-least-squares.png")]) {
      expect(readFileSync(join(cwd, "results", name, file))).toEqual(readFileSync(join(folder, "all", file)));
    }
  });

  it("follows its options", async () => {
    const options = [
      "--iterations",
      "3",
      "--correlation",
      "0.2",
      "--seed",
      "5",
      "--out",
      "options",
      "--json",
    ];
    const { code, stdout } = await demo([...options, "--format", "svg", "--out", "options", "--json"]);
    expect(code).toBe(0);
    const { folder: named, paths, outcomes } = JSON.parse(stdout);
    expect([named, paths[0]]).toEqual(["options", join("options", "losses.csv")]);
    const svg = readFileSync(join(folder, paths[1]), "utf8");
    expect(svg).toMatch(/^<\?xml[\s\S]*stroke="#D55E00"[\s\S]*<\/svg>\s*$/);
    const [first] = outcomes;
    expect(first).toMatchObject({
      problem: "equicorrelated-3",
      unknowns: 3,
      method: "newton",
      iterations: 3,
    });
    expect(first.scaledLargestEigenvalue).toBeCloseTo(1.4, 9);
    const losses = lossesOf(join(folder, "options", "losses.csv"));
    for (const { problem, method, firstLoss, lastLoss } of outcomes)
      expect([firstLoss, lastLoss]).toEqual([losses(problem, method)[0], losses(problem, method).at(-1)]);
    const jacobi = outcomes.filter(({ method }: { method: string }) => method === "jacobi");
    expect(jacobi.map(({ diverged }: { diverged: boolean }) => diverged)).toEqual([
      false,
      false,
      false,
      false,
      true,
    ]);

    const [seed5, seed0] = ["options", "all"].map((out) => lossesOf(join(folder, out, "losses.csv")));
    const differ = NAMES.slice(1).map((name) => seed5(name, "rp")[0] !== seed0(name, "rp")[0]);
    expect(differ).toEqual([false, true, true, true]);
  });

  it("makes its own folder again, and refuses one that holds anything else", async () => {
    const cwd = temporaryFolder();
    const options = ["--iterations", "1", "--format", "svg"];
    cpSync(join(folder, "all"), join(cwd, "own"), { recursive: true });
    expect((await demo([...options, "--out", "own"], cwd)).code).toBe(0);
    for (const [name, path, text] of [
      ["run", join("run", "manifest.json"), "{}"],
      ["figures", join("figures", "figures", "b-mnist.png"), ""],
      ["losses", join("losses", "losses.csv"), "step,loss\n"],
    ]) {
      mkdirSync(join(cwd, dirname(path)), { recursive: true });
      writeFileSync(join(cwd, path), text);
      const before = readdirSync(cwd, { recursive: true });
      const { code, stdout, stderr } = await demo([...options, "--out", name], cwd);
      const message = `rp-bench: ${name}: holds other files already; choose another --out\n`;
      expect([code, stdout, stderr]).toEqual([2, "", message]);
      expect(readdirSync(cwd, { recursive: true })).toEqual(before);
      expect(readFileSync(join(cwd, path), "utf8")).toBe(text);
    }
  });

  it.each([
    [["least-squares", "--iterations", "0"], "--iterations: must be at least 1, got 0"],
    [["least-squares", "--correlation", "1"], "--correlation: must be a number from 0 to 0.999, got 1"],
    [["least-squares", "--seed", "-1"], "--seed: must be at least 0, got -1"],
    [["jacobi"], 'demo: must be one of least-squares, got "jacobi"'],
    [[], "missing required argument 'name'"],
    [["least-squares", "--iterations", "10001"], "--iterations: must be at most 10000, got 10001"],
    [["least-squares", "--format", "pdf"], /option '--format <name>' argument 'pdf' is invalid/],
    [
      ["least-squares", "--out", "/dev/null/x"],
      /^rp-bench: \/dev\/null\/x: cannot be written .*; choose another --out\n$/,
    ],
  ])("refuses %j in one line", async (args, message) => {
    const cwd = temporaryFolder();
    const { code, stdout, stderr } = await rpBench(["demo", ...args], { cwd });
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(existsSync(join(cwd, "results"))).toBe(false);
  });
});
