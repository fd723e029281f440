// The page of site/ in a real browser, built as it is published: it trains as Node does, says what is wrong with what it is
// given, and needs nothing but its own files, and those only once.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import { type PreviewServer, preview } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readImages, splitsOf } from "../../site/training/images.js";
import { PRESETS } from "../../site/training/presets.js";
import { SAMPLE_FILE } from "../../site/training/sample.js";
import { evaluationInterval } from "../../site/training/schedule.js";
import { createEngine, initialParameters, type OptimizerOptions } from "../../src/index.js";
import { train } from "../../src/training/train.js";
import { seriousFaults } from "../support/axe.js";
import { drawn, hasBrowser, useBrowser } from "../support/browser.js";
import { root, sharedFolder } from "../support/cli.js";

const PIXELS = 784;

/** What the page's form has, and what of it a test changes. */
const settings = { layers: "16", epochs: "1", "batch-size": "100", seed: "3" };
type Settings = typeof settings;

async function fill(page: Page, labels: readonly string[], changes: Partial<Settings> = {}): Promise<void> {
  await page.getByText("3500 images").waitFor();
  await page.locator("details").evaluate((details) => details.setAttribute("open", ""));
  for (const { label } of PRESETS) await page.locator(`#use-${label}`).setChecked(labels.includes(label));
  for (const [id, value] of Object.entries({ ...settings, ...changes }))
    await page.locator(`#${id}`).fill(value);
}

const press = (page: Page, name: string | RegExp) => page.getByRole("button", { name, exact: true }).click();
const ended = (page: Page) => page.locator('#results[data-state="over"]').waitFor();

/** Rows of the page's file, but for their time. */
async function savedRows(page: Page): Promise<string[]> {
  const [download] = await Promise.all([page.waitForEvent("download"), press(page, "Save as CSV")]);
  const lines = readFileSync(await download.path(), "utf8")
    .trim()
    .split("\n");
  const rows = lines.map((line) => line.split(",").filter((_, column) => column !== 4));
  expect(rows[0].join()).toBe("optimizer,learning_rate,epoch,step,train_loss,validation_loss,test_loss");
  return rows.slice(1).map((row) => row.join());
}

describe.skipIf(!hasBrowser)("the page that trains in a browser", () => {
  const outDir = join(sharedFolder(), "site");
  const open = useBrowser();
  let server: PreviewServer;
  let url: string;

  beforeAll(async () => {
    const args = [join(root, "node_modules", "vite", "bin", "vite.js"), "build", "site", "--outDir", outDir];
    const env = { ...process.env, NODE_ENV: "production" };
    const built = spawnSync(process.execPath, [...args, "--logLevel", "warn"], {
      cwd: root,
      env,
      encoding: "utf8",
    });
    expect([built.status, built.stderr]).toEqual([0, ""]);
    const configFile = join(root, "site", "vite.config.ts");
    server = await preview({ configFile, build: { outDir }, preview: { port: 0, host: "127.0.0.1" } });
    url = server.resolvedUrls?.local[0] ?? "";
  });
  afterAll(() => server.close());

  /** What Node's engine makes of the same, row by row. */
  async function rowsInNode(labels: readonly string[], changes: Partial<Settings> = {}): Promise<string[]> {
    const { layers, epochs, seed, "batch-size": size } = { ...settings, ...changes };
    const { images } = readImages("sample", gunzipSync(readFileSync(join(outDir, SAMPLE_FILE))));
    const splits = splitsOf(images);
    const layerSizes = [PIXELS, ...layers.split(", ").map(Number), PIXELS];
    const shape = { batchSize: Number(size), seed: Number(seed) };
    const engine = await createEngine("wasm", { threads: 1 });
    const rows: string[] = [];
    for (const preset of PRESETS.filter(({ label }) => labels.includes(label))) {
      const learningRate = preset.rate === "auto" ? preset.rate : Number(preset.rate);
      const optimizer = { ...preset.settings(PIXELS), learningRate } as OptimizerOptions;
      const parameters = initialParameters(layerSizes, shape.seed);
      const session = await engine.createSession({ layerSizes, optimizer, parameters, ...shape });
      const { status } = await train({
        ...{ session, splits, ...shape, epochs: Number(epochs), signal: new AbortController().signal },
        evalEvery: evaluationInterval(splits.train.count, shape.batchSize),
        onRow: ({ epoch, step, trainLoss, validationLoss, testLoss }) =>
          rows.push([preset.label, preset.rate, epoch, step, trainLoss, validationLoss, testLoss].join()),
      });
      expect(status).toBe("done");
      session.dispose();
    }
    return rows;
  }

  it("trains with every optimizer to the losses of Node's engine, bit for bit", async () => {
    const { page, trouble } = await open(url);
    const labels = PRESETS.map(({ label }) => label);
    await fill(page, labels);
    await press(page, "Train");
    await ended(page);
    expect(await savedRows(page)).toEqual(await rowsInNode(labels));
    expect(await page.locator("td.state").allTextContents()).toEqual(labels.map(() => "done"));
    // Each strip has more than one shade, and the networks' are not the images themselves.
    const strips = await page
      .locator("#reconstructions canvas")
      .evaluateAll((all) => all.map((canvas) => (canvas as unknown as { toDataURL(): string }).toDataURL()));
    expect(new Set(strips).size).toBe(labels.length + 1);
    expect(trouble).toEqual([]);
    await page.close();
  });

  it("goes on after a pause as if there had been none, and keeps what was trained when it is stopped", async () => {
    const { page, trouble } = await open(url);
    const longer = { layers: "64, 16", epochs: "4" };
    await fill(page, ["rp", "adam"], longer);
    await press(page, "Train");
    const steps = page.locator('tr[data-run="rp"] td:nth-child(2)');
    await expect.poll(async () => Number(await steps.textContent())).toBeGreaterThan(0);
    await press(page, "Pause");
    await page.getByRole("button", { name: "Resume" }).waitFor();
    await page.waitForTimeout(200); // the step under way ends
    const paused = Number(await steps.textContent());
    expect(paused).toBeLessThan(108);
    await page.waitForTimeout(200);
    expect(Number(await steps.textContent())).toBe(paused);
    await press(page, "Resume");
    await ended(page);
    expect(await savedRows(page)).toEqual(await rowsInNode(["rp", "adam"], longer));

    await fill(page, ["rp"], { ...longer, epochs: "1000" });
    await press(page, "Train anew");
    await expect.poll(async () => Number(await steps.textContent())).toBeGreaterThan(0);
    await press(page, "Pause");
    await press(page, "Stop"); // also what is paused
    await ended(page);
    expect(await page.locator("td.state").allTextContents()).toEqual(["stopped"]);
    expect((await savedRows(page))[0]).toMatch(/^rp,10,0,0,/);
    expect(trouble).toEqual([]);
    await page.close();
  });
});
