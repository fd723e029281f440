// The page in a real browser: what it says and shows, every switch, and that it needs nothing but itself.

import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Locator, Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { readCsv } from "../../src/results/csv.js";
import { LOG_COLUMNS } from "../../src/results/run-log.js";
import { seriousFaults } from "../support/axe.js";
import { drawn, hasBrowser, useBrowser } from "../support/browser.js";
import { call } from "../support/call.js";
import { root, sharedFolder } from "../support/cli.js";
import { makeFolder } from "../support/result-folders.js";

const paper = join(root, "results", "paper");
const work = sharedFolder();
const paperPage = join(work, "paper.html");
const urlOf = (path: string) => pathToFileURL(path).href;

/** Writes the page of folders; returns its address. */
async function pageOf(...folders: string[]): Promise<string> {
  const out = join(folders[0], "report.html");
  const { code, stderr } = await call(["report", ...folders, "--out", out]);
  expect([code, stderr]).toEqual([0, expect.not.stringContaining("rp-bench: c")]);
  return urlOf(out);
}

const figureOf = (page: Page, title: string): Locator =>
  page.locator("figure.figure-card").filter({ has: page.getByRole("heading", { name: title, exact: true }) });
const imageOf = async (figure: Locator) => {
  await drawn(figure.page());
  return figure
    .locator("canvas")
    .evaluate((canvas) => (canvas as unknown as { toDataURL(): string }).toDataURL());
};
const MNIST = "MNIST autoencoder: reconstruction loss";
/** What a key reads out of a chart. */
async function readOut(figure: Locator, key: string): Promise<string> {
  await figure.locator(".plot").focus();
  await figure.page().keyboard.press(key);
  return (await figure.locator("output").textContent()) ?? "";
}

beforeAll(async () => {
  const { code, stderr } = await call(["report", paper, "--out", paperPage]);
  expect([code, stderr]).toEqual([0, ""]);
});

describe.skipIf(!hasBrowser)("the page of a study", () => {
  const open = useBrowser();

  it("is small, says what was found as findings.md does, and asks for nothing", async () => {
    expect(statSync(paperPage).size).toBeLessThan(2e6);
    const { page, trouble } = await open(urlOf(paperPage));
    const lines = readFileSync(join(paper, "findings.md"), "utf8").split("\n");
    const verdicts = lines
      .filter((line) => /^\| .* \| RP \| (Adam|SGD) \|/.test(line))
      .map((line) => line.split(" | "));
    expect(verdicts).toHaveLength(12);
    const cards = await page.locator(".claim").all();
    expect(cards).toHaveLength(4);
    for (const [index, card] of cards.entries()) {
      const words = await card.locator("li .badge").allTextContents();
      expect(words.map((text) => text.slice(2))).toEqual(
        verdicts.map((cells) => cells[3 + index].replace(" |", "")),
      );
      // The verdict comes first, as text and not as a colour alone.
      expect(await card.locator("> :first-child").textContent()).toMatch(
        /^(✓ holds|✗ does not hold|\? undecided) \d/,
      );
    }
    const text = await page.locator("main").textContent();
    for (const part of [
      "2026-11-26 20:21:37 UTC",
      "AMD EPYC",
      "avx512",
      "rp-bench 0.1.0",
      "rp-bench sweep study.json",
    ]) {
      expect(text).toContain(part);
    }
    expect(trouble).toEqual([]);
    await page.close();
  });

  it("reads out the numbers of the CSV files, for the pointer and for the keys", async () => {
    const { page, trouble } = await open(`${urlOf(paperPage)}#show=seeds`, { allow: urlOf(paperPage) });
    const figure = figureOf(page, MNIST);
    await drawn(page);
    const plot = figure.locator(".plot");
    await plot.scrollIntoViewIfNeeded();
    const box = await plot.boundingBox();
    if (!box) throw new Error("the plot is not there");
    await page.mouse.move(box.x + box.width / 2, box.y + box.height * 0.7);
    await drawn(page);
    const hovered = (await figure.locator("output").textContent()) ?? "";
    const said = [hovered, await readOut(figure, "ArrowRight"), await readOut(figure, "ArrowDown")];
    for (const text of said) {
      const match =
        /^(\w+) \((?:λ =|rate) ([\d.]+)\), (test|train), seed (\d): ([\d.e-]+) at epoch ([\d.]+)$/.exec(text);
      if (!match) throw new Error(`not a point: ${text}`);
      const [, name, rate, split, seed, loss, epoch] = match;
      const path = join(paper, "runs", `mnist-${name.toLowerCase()}-lr${rate}-seed${seed}.csv`);
      const rows = readCsv(readFileSync(path, "utf8"), path, LOG_COLUMNS);
      expect(rows.find((row) => row.epoch === epoch)?.[`${split}_loss`], text).toBe(loss);
    }
    expect(trouble).toEqual([]);
    await page.close();
  });

  it("has switches that all change the charts, and an address that keeps them", async () => {
    const { page, trouble } = await open(urlOf(paperPage));
    const figure = figureOf(page, MNIST);
    let before = await imageOf(figure);
    const changed = async () => {
      const after = await imageOf(figure);
      expect(after).not.toBe(before);
      before = after;
    };
    for (const name of ["steps", "linear", "single seeds", "test", "seconds", "train"]) {
      await page.getByRole("radio", { name, exact: true }).check({ force: true });
      await changed();
    }
    await figure.getByRole("button", { name: /^Adam/ }).click();
    await changed();
    expect(await readOut(figure, "ArrowRight")).toMatch(/, train, seed \d: [\d.]+ at training time [\d.]+$/);
    before = await imageOf(figure);
    await readOut(figure, "+");
    await changed();
    const address = page.url();
    await page.close();

    const again = await open(address, { allow: urlOf(paperPage) });
    const same = figureOf(again.page, MNIST);
    for (const name of ["seconds", "linear", "single seeds", "train"]) {
      expect(await again.page.getByRole("radio", { name, exact: true }).isChecked(), name).toBe(true);
    }
    expect(await same.getByRole("button", { name: /^Adam/ }).getAttribute("aria-pressed")).toBe("false");
    await drawn(again.page);
    await same.getByRole("button", { name: "Reset zoom" }).click();
    expect(again.page.url()).not.toContain("zoom");
    expect([...trouble, ...again.trouble]).toEqual([]);
    await again.page.close();
  });

  it("enlarges what is drawn over with the pointer", async () => {
    const { page } = await open(urlOf(paperPage));
    const plot = figureOf(page, MNIST).locator(".plot");
    await drawn(page);
    await plot.scrollIntoViewIfNeeded();
    const box = await plot.boundingBox();
    if (!box) throw new Error("the plot is not there");
    await page.mouse.move(box.x + 0.4 * box.width, box.y + 0.3 * box.height);
    await page.mouse.down();
    await page.mouse.move(box.x + 0.8 * box.width, box.y + 0.7 * box.height, { steps: 4 });
    await page.mouse.up();
    await drawn(page);
    const [, least, most] = /zoom=0.mnist%3A([\d.]+)%7E([\d.]+)/.exec(page.url()) ?? [];
    expect([Number(least) > 1, Number(most) < 9]).toEqual([true, true]);
    await page.close();
  });

  it("sorts tables, and gives tables and figures away", async () => {
    const { page } = await open(urlOf(paperPage));
    const card = page
      .locator(".table-card")
      .filter({ has: page.getByRole("heading", { name: "MNIST: losses at the end", exact: true }) });
    const losses = () => card.locator("tbody tr td:nth-child(4)").allTextContents();
    await card.getByRole("button", { name: "test loss" }).click();
    expect(await card.locator("th:nth-child(4)").getAttribute("aria-sort")).toBe("ascending");
    const sorted = await losses();
    expect(sorted).toEqual([...sorted].sort());
    await card.getByRole("button", { name: "test loss" }).click();
    expect(await losses()).toEqual([...sorted].reverse());

    const downloaded = async (name: string) => {
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name, exact: true }).click(),
      ]);
      return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
    };
    const table = await downloaded("MNIST: losses at the end: save as CSV");
    expect(table.name).toBe("mnist-losses-at-the-end.csv");
    expect(table.bytes.toString()).toContain("\nAdam,0.001,");
    const figure = await downloaded(`${MNIST}: save as CSV`);
    const [head, ...rows] = figure.bytes.toString().trim().split("\n");
    expect(head).toBe("curve,detail,epoch,mean squared error (log scale),low,high");
    const log = readFileSync(join(paper, "runs", "mnist-adam-lr0.001-seed0.csv"), "utf8")
      .trim()
      .split("\n");
    expect(rows).toHaveLength(6 * (log.length - 1));
    const image = await downloaded(`${MNIST}: save as PNG`);
    expect([image.bytes.readUInt32BE(16), image.bytes.toString("latin1", 1, 4)]).toEqual([1600, "PNG"]);
    const vector = await downloaded(`${MNIST}: save as SVG`);
    expect(vector.bytes.toString().match(/<path[^>]*stroke="#0072B2"/g)?.length).toBeGreaterThan(1);
    expect(vector.bytes.toString()).toMatch(/^<svg [^>]*xmlns[\s\S]*RP \(λ = 31.6\)[\s\S]*<\/svg>\s*$/);
    const [study] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save study.json" }).click(),
    ]);
    const path = join(work, "study.json");
    await study.saveAs(path);
    expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ epochs: 10, tuningSeeds: 2 });
    await page.close();
  });

  it.each([
    [1280, false],
    [360, true],
  ])(
    "has no serious fault of access at %i pixels, dark: %s, and needs no sideways scrolling",
    async (width, dark) => {
      const { page } = await open(urlOf(paperPage), { width, dark });
      await page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true");
      await drawn(page);
      expect(await seriousFaults(page)).toEqual([]);
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width);
      await page.close();
    },
  );

  it("prints without what only a screen needs, on white", async () => {
    const { page } = await open(urlOf(paperPage), { dark: true });
    await page.emulateMedia({ media: "print" });
    expect(await page.locator("nav").isVisible()).toBe(false);
    expect(await page.evaluate("getComputedStyle(document.body).backgroundColor")).toBe("rgb(255, 255, 255)");
    expect((await page.pdf()).length).toBeGreaterThan(50_000);
    await page.close();
  });
});

describe.skipIf(!hasBrowser)("the page of a folder", () => {
  const open = useBrowser();

  it("names runs that diverged, shows reconstructions, and stands beside another folder", async () => {
    const folder = join(work, "run");
    const small = ["--train-limit", "200", "--epochs", "1", "--layers", "784,8,784", "--batch-size", "20"];
    const some = ["--optimizer", "adam", "--lr", "0.001", "--optimizer", "sgd", "--lr", "1e6"];
    const { code, stdout } = await call(["run", ...small, ...some, "--out", folder, "--quiet"]);
    expect([code, stdout.trim().split("\n").at(-1)]).toEqual([1, join(folder, "report.html")]);
    const { page, trouble } = await open(urlOf(join(folder, "report.html")));
    expect(await page.locator(".callout.bad").textContent()).toMatch(
      /MNIST: SGD, rate 1000000, seed 0: diverged at step \d/,
    );
    const images = page.locator(".strip img");
    expect(await images.count()).toBe(2); // the images, and Adam's: SGD saved nothing
    const widths = await images.evaluateAll((all) =>
      all.map((one) => (one as unknown as { naturalWidth: number }).naturalWidth),
    );
    expect(Math.min(...widths)).toBeGreaterThan(200);
    expect(trouble).toEqual([]);
    await page.close();

    const both = await open(await pageOf(folder, paper));
    expect(await both.page.getByRole("heading", { name: MNIST, exact: true }).count()).toBe(2);
    const row = both.page
      .locator(".table-card", { hasText: "Side by side" })
      .locator("tbody tr")
      .filter({ hasText: "adam" })
      .first();
    expect((await row.locator("td").allTextContents()).at(-1)).toBe("0.009118");
    expect(both.trouble).toEqual([]);
    await both.page.close();
  });

  it.each([
    ["one seed with one point", [{ label: "adam", losses: [0.2] }], 1],
    ["runs that all diverged", [{ label: "rp", losses: [0.2, 1e3, 1e30], status: "diverged" as const }], 1],
    [
      "40 curves",
      Array.from({ length: 40 }, (_, index) => ({
        label: `own-${index}`,
        losses: [0.2, 0.1, 0.05 + index / 1e3],
      })),
      40,
    ],
    [
      "a loss of 0",
      [
        { label: "adam", losses: [0.2, 0, 0] },
        { label: "sgd", losses: [0.2, 0.1, 0.1] },
      ],
      2,
    ],
  ])("draws %s", async (name, runs, curves) => {
    const { page, trouble } = await open(await pageOf(makeFolder(join(work, name), runs)), { width: 360 });
    const figure = figureOf(page, MNIST);
    await expect.poll(() => figure.locator(".chip").count()).toBe(curves);
    expect(await readOut(figure, "ArrowRight")).toContain("0.2 at epoch 0");
    expect(await seriousFaults(page)).toEqual([]);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(360);
    expect(trouble).toEqual([]);
    await page.close();
  });

  it("shows as text what would be markup", async () => {
    const evil = "</script><img src=x onerror=alert(1)><b>MNIST</b>";
    const folder = join(work, "<img src=x onerror=alert(2)>");
    mkdirSync(folder);
    makeFolder(folder, [{ label: "adam", losses: [0.2, 0.1], title: evil }]);
    writeFileSync(join(folder, "manifest.json"), "{ not JSON <script>alert(3)</script>");
    const { page, trouble } = await open(await pageOf(folder));
    await drawn(page);
    const text = await page.locator("main").textContent();
    expect(text).toContain(evil);
    expect(text).toContain("<img src=x onerror=alert(2)>");
    expect(await page.locator("img, b, main script").count()).toBe(0);
    expect(trouble).toEqual([]);
    await page.close();
  });
});
