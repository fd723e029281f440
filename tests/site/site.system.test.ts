// The page of site/ in a real browser, built as it is published: it trains as Node does, says what is wrong with what it is
// given, and needs nothing but its own files, and those only once.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import { type PreviewServer, preview } from "vite";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { PRESETS } from "../../site/training/presets.js";
import { SAMPLE_FILE } from "../../site/training/sample.js";
import { evaluationInterval } from "../../site/training/schedule.js";
import { slice } from "../../src/data/splits.js";
import { createEngine, initialParameters, type OptimizerOptions } from "../../src/index.js";
import { train } from "../../src/training/train.js";
import { seriousFaults } from "../support/axe.js";
import { drawn, hasBrowser, useBrowser } from "../support/browser.js";
import { root, sharedFolder } from "../support/cli.js";

const PIXELS = 784;

/** What the page's form has, and what of it a test changes. */
const settings = { layers: "16", epochs: "2", "batch-size": "90", seed: "3" };
type Settings = typeof settings;

/** An IDX file of so many images of the same size. */
function idxOf(count: number, side: number, pixels: Uint8Array): Buffer {
  const header = Buffer.alloc(16);
  [0x803, count, side, side].forEach((value, index) => {
    header.writeUInt32BE(value, 4 * index);
  });
  return Buffer.concat([header, pixels.subarray(0, count * side * side)]);
}

/** Gives the page a file. */
async function give(page: Page, name: string, buffer: Buffer): Promise<void> {
  await page.locator("#file").setInputFiles({ name, mimeType: "application/octet-stream", buffer });
}

/** Sets the whole form at once. */
async function fill(page: Page, labels: readonly string[], changes: Partial<Settings> = {}): Promise<void> {
  await page.locator("#settings").evaluate(
    (form, { labels, values }) => {
      type Field = { value: string; checked: boolean; open: boolean };
      const fields = (selector: string) => [...form.querySelectorAll(selector)] as unknown as Field[];
      for (const details of fields("details")) details.open = true;
      for (const box of fields("input[type=checkbox]")) box.checked = labels.includes(box.value);
      for (const [id, value] of values) for (const field of fields(`#${id}`)) field.value = value;
    },
    { labels, values: Object.entries({ ...settings, ...changes }) },
  );
}

const press = (page: Page, name: string | RegExp) => page.getByRole("button", { name, exact: true }).click();
const ended = (page: Page) => page.locator('#results[data-state="over"]').waitFor();
const dataset = (page: Page, text: string) => page.locator("#dataset", { hasText: text }).waitFor();

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
  /** One for all that follows, as a visitor has it. */
  let page: Page;
  let trouble: string[];
  /** Some of the sample, in a file of a visitor's own. */
  let some: Buffer;

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
    ({ page, trouble } = await open(url));
    await page.emulateMedia({ reducedMotion: "reduce" }); // a click waits until nothing scrolls
    some = idxOf(350, 28, gunzipSync(readFileSync(join(outDir, SAMPLE_FILE))).subarray(16));
  });
  afterEach(() => expect(trouble).toEqual([]));
  afterAll(() => server.close());

  /** What Node's engine makes of the same, row by row. */
  async function rowsInNode(labels: readonly string[], changes: Partial<Settings> = {}): Promise<string[]> {
    const { layers, epochs, seed, "batch-size": size } = { ...settings, ...changes };
    const pixels = new Uint8Array(some.subarray(16));
    const part = (first: number, last: number) => slice({ count: 350, size: PIXELS, pixels }, first, last);
    const splits = { train: part(0, 270), validation: part(270, 300), test: part(300, 350) };
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
    const labels = PRESETS.map(({ label }) => label);
    await give(page, "some-images.gz", gzipSync(some));
    await dataset(page, "some-images.gz: 350 images of 28 × 28; 270 train, 30 validate, 50 test.");
    await fill(page, labels);
    await press(page, /^Train/);
    await ended(page);
    const rows = await savedRows(page);
    expect(rows).toHaveLength(labels.length * 7); // before the first step and after each of six
    expect(rows).toEqual(await rowsInNode(labels));
    expect(await page.locator("td.state").allTextContents()).toEqual(labels.map(() => "done"));
    // The images, and what each network makes of them, are all different.
    const strips = page.locator("#reconstructions canvas");
    const drawings = await strips.evaluateAll((all) =>
      all.map((canvas) => (canvas as unknown as { toDataURL(): string }).toDataURL()),
    );
    expect(new Set(drawings).size).toBe(labels.length + 1);
  });

  it("goes on after a pause as if there had been none, and keeps what was trained when it is stopped", async () => {
    const longer = { layers: "32, 16", epochs: "10", "batch-size": "10" };
    await give(page, "some-images", some);
    await dataset(page, "some-images");
    await fill(page, ["rp"], longer);
    await press(page, /^Train/);
    const steps = page.locator('tr[data-run="rp"] td:nth-child(2)');
    const begun = () => page.locator('tr[data-run="rp"] td:nth-child(2)', { hasText: /[1-9]/ }).waitFor();
    await begun();
    await press(page, "Pause");
    await page.getByRole("button", { name: "Resume" }).waitFor();
    await page.waitForTimeout(150); // the step under way ends
    const paused = Number(await steps.textContent());
    expect(paused).toBeLessThan(270);
    await page.waitForTimeout(150);
    expect(Number(await steps.textContent())).toBe(paused);
    await press(page, "Resume");
    await ended(page);
    expect(await savedRows(page)).toEqual(await rowsInNode(["rp"], longer));

    await fill(page, ["rp"], { ...longer, epochs: "1000" });
    await press(page, /^Train/);
    await begun();
    await press(page, "Pause");
    await press(page, "Stop"); // also what is paused
    await ended(page);
    expect(await page.locator("td.state").allTextContents()).toEqual(["stopped"]);
    expect((await savedRows(page))[0]).toMatch(/^rp,10,0,0,/);
  });

  it("says what is wrong with a field or a file, beside it, and keeps what was there", async () => {
    await press(page, "Back to the sample");
    await dataset(page, "MNIST sample: 3500 images");
    await fill(page, ["rp", "adam", "sgd"]);
    const error = page.locator("#form-error");
    for (const [id, value, message] of [
      ["rate-rp", "fast", 'Learning rate of RP: must be a positive number or "auto", got "fast".'],
      ["rate-adam", "-1", "Learning rate of Adam: must be a positive number, got -1."],
      ["rate-sgd", "", 'Learning rate of SGD: must be a positive number, got "".'],
      ["layers", "16, x", 'Hidden layers: must be a whole number, got "x".'],
      ["layers", "16 0", "Hidden layers: must be at least 1, got 0."],
      ["layers", "2000", "Hidden layers: make 3138784 parameters, and this page trains at most 2500000."],
      ["batch-size", "2701", "Batch size: must be a whole number from 1 to 2700, got 2701."],
      ["epochs", "1.5", "Epochs: must be a whole number from 1 to 1000, got 1.5."],
      ["seed", "1e99", "Seed: must be a whole number from 0 to 2147483647, got 1e+99."],
    ]) {
      const field = page.locator(`#${id}`);
      const before = await field.inputValue();
      await field.fill(value);
      await press(page, /^Train/);
      await error.getByText(message, { exact: true }).waitFor();
      expect(await page.locator("[aria-invalid]").evaluateAll((all) => all.map((one) => one.id))).toEqual([
        id,
      ]);
      expect(await field.evaluate((one) => one.matches(":focus"))).toBe(true);
      const [of, below] = [await field.boundingBox(), await error.boundingBox()];
      expect(Math.abs((below?.y ?? 0) - (of?.y ?? Infinity) - (of?.height ?? 0))).toBeLessThan(20);
      await field.fill(before);
    }
    const cut = gzipSync(some).subarray(0, 400);
    for (const [name, bytes, message] of [
      [
        "notes.txt",
        Buffer.from("not at all"),
        "Notes.txt: not an IDX file, it starts with 0x6e6f7420; replace the file.",
      ],
      ["empty", Buffer.alloc(0), "Empty: too short for an IDX header, 0 bytes; replace the file."],
      [
        "half",
        some.subarray(0, 1000),
        "Half: 350 × 28 × 28 values need 274416 bytes, it has 1000; replace the file.",
      ],
      ["cut.gz", cut, "Cut.gz: is cut short or damaged, and cannot be unpacked; choose another file."],
      [
        "labels",
        Buffer.from([0, 0, 8, 1, 0, 0, 0, 2, 7, 2]),
        /^Labels: holds 2 values, while images have three dimensions/,
      ],
      [
        "few",
        idxOf(3, 28, some),
        "Few: has 3 images, while training, validation and test need 20; choose another file.",
      ],
      [
        "<b>large</b>",
        idxOf(20, 65, new Uint8Array(20 * 65 * 65)),
        /^<b>large<\/b>: has images of 65 × 65, while/,
      ],
    ] as const) {
      await give(page, name, bytes);
      await error.getByText(message, { exact: true }).waitFor();
    }
    await dataset(page, "MNIST sample: 3500 images");

    // A file that is dropped, wherever on the page, and a rate that is too high for it.
    await page.locator("footer").evaluate(
      (zone, values) => {
        const { DataTransfer, DragEvent, File } = globalThis as unknown as {
          DataTransfer: new () => { items: { add(file: object): void } };
          DragEvent: new (kind: string, options: object) => never;
          File: new (parts: Uint8Array[], name: string) => object;
        };
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File([Uint8Array.from(values)], "dropped"));
        zone.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
      },
      [...idxOf(40, 5, some.subarray(400))],
    );
    await dataset(page, "dropped: 40 images of 5 × 5; 32 train, 3 validate, 5 test.");
    expect(await error.isVisible()).toBe(false);
    await fill(page, ["adam", "sgd"], { "batch-size": "8", epochs: "20" });
    await page.locator("#rate-sgd").fill("1e9");
    await press(page, /^Train/);
    await ended(page);
    expect(await page.locator("td.state").allTextContents()).toEqual(["done", "diverged"]);
    expect(await page.locator("#reasons").textContent()).toMatch(/^SGD diverged after \d+ steps: \S.*\.$/);
    await press(page, "Back to the sample");
    await dataset(page, "MNIST sample: 3500 images");
  });

  it("fetches the sample again where it failed, when there is to be trained", async () => {
    const other = await page.context().browser()?.newPage();
    if (!other) throw new Error("there is no browser");
    await other.route(`**/${SAMPLE_FILE}`, (route) => route.abort(), { times: 1 });
    await other.goto(url);
    await dataset(other, "There are no images yet.");
    await other.locator("#form-error").getByText("Failed to fetch.", { exact: true }).waitFor();
    await fill(other, ["sgd"], { epochs: "1", "batch-size": "900" });
    await press(other, "Train");
    await ended(other);
    expect(await other.locator("td.state").allTextContents()).toEqual(["done"]);
    await dataset(other, "MNIST sample: 3500 images");
    await other.close();
  });

  it("lets the start be dragged or moved by keys, and the correlation be changed", async () => {
    const [verdict, handle] = [page.locator("#verdict"), page.locator("#start-handle")];
    expect(await verdict.textContent()).toContain(
      "scaled Hessian: 2.40, above 2. So the plain diagonal diverges",
    );
    await page.locator("#correlation").fill("0.4");
    expect(await verdict.textContent()).toContain(
      "scaled Hessian: 1.80, not above 2. So the plain diagonal converges",
    );
    const label = () => handle.getAttribute("aria-label");
    expect(await label()).toContain("Start at 1.00, 0.20;");
    await handle.focus();
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowUp");
    expect(await label()).toMatch(/^Start at 0.9[67], 0.23;/);
    const results = await page.locator("#path-results").textContent();
    await handle.scrollIntoViewIfNeeded();
    const box = await handle.boundingBox();
    if (!box) throw new Error("the handle is not there");
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x - 100, box.y + 120, { steps: 3 });
    await page.mouse.up();
    const [, x, y] = /^Start at ([\d.-]+), ([\d.-]+);/.exec((await label()) ?? "") ?? [];
    expect([Number(x) < 0.8, Number(y) < 0]).toEqual([true, true]);
    expect(await page.locator("#path-results").textContent()).not.toBe(results);
    await page.getByRole("radio", { name: "two" }).check({ force: true });
    await page.locator("#correlation").fill("0.99");
    expect(await verdict.textContent()).toContain("1.99, not above 2");
  });

  it.each([
    [1280, false],
    [360, true],
  ])(
    "has no serious fault of access at %i pixels, dark: %s, and no sideways scrolling",
    async (width, dark) => {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme: dark ? "dark" : "light" });
      await give(page, "some-images-with-a-long-name-that-has-no-place-to-break-anywhere", some);
      await dataset(page, "some-images-with");
      await fill(page, ["rp-auto", "sgd-momentum"], { epochs: "9" });
      await page.locator("#rate-sgd-momentum").fill("1e9");
      await press(page, /^Train/);
      await ended(page);
      expect(await page.locator("td.state").allTextContents()).toEqual(["done", "diverged"]);
      await drawn(page);
      expect(await seriousFaults(page)).toEqual([]);
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width);
    },
  );

  it("links to lines of sources that are there, and works without a network once it was open", async () => {
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)");
    expect(page.url()).toBe(url);
    await server.close();
    await page.reload();
    await dataset(page, "MNIST sample: 3500 images");
    await fill(page, ["sgd"], { epochs: "1", "batch-size": "900" });
    await press(page, /^Train/);
    await ended(page);
    expect(await page.locator("td.state").allTextContents()).toEqual(["done"]);
    const links = await page
      .locator(".sources a")
      .evaluateAll((all) => all.map((one) => one.getAttribute("href")));
    expect(links.length).toBeGreaterThan(5);
    for (const link of links) {
      await page.goto(new URL(link ?? "", url).href);
      expect(await page.locator("li:target").textContent(), link ?? "").toMatch(/\w/);
    }
  });

  it("tells a browser without SIMD why it does not train there", async () => {
    await page.addInitScript("WebAssembly.validate = () => false;");
    await page.goto(url);
    await page.getByText("its WebAssembly is absent or has no SIMD instructions").waitFor();
    expect(await page.locator("#train-button").isDisabled()).toBe(true);
  });

  it("has a policy that lets no request leave its origin", async () => {
    const blocked = await page.evaluate(`new Promise((done) => {
      document.addEventListener("securitypolicyviolation", ({ blockedURI, effectiveDirective }) =>
        done([blockedURI, effectiveDirective]));
      fetch("https://elsewhere.invalid/").catch(() => {});
    })`);
    expect(blocked).toEqual(["https://elsewhere.invalid/", "connect-src"]);
    expect(trouble.join()).toContain("Content Security Policy");
    trouble.length = 0; // the browser has told of it
  });
});
