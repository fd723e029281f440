// Chromium, as Debian packages it: pages are tested in the browser that shows them.

import { existsSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll } from "vitest";

const path = [
  ...[process.env.RP_BENCH_CHROMIUM ?? "", "/usr/bin/chromium", "/usr/bin/chromium-browser"],
  "/usr/bin/google-chrome",
].find((one) => one !== "" && existsSync(one));

/** Tests that need a browser; without one they are skipped, and a line says so. */
export const hasBrowser = path !== undefined;
if (!hasBrowser) {
  console.log("Chromium is not installed: tests of pages are skipped (apt-get install chromium)");
}

export interface Opened {
  page: Page;
  /** Errors and warnings of the console, dialogs, and requests for anything but the page. */
  trouble: string[];
}

/** One browser for the tests of a block. */
export function useBrowser(): (
  url: string,
  options?: { width?: number; dark?: boolean; allow?: string },
) => Promise<Opened> {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: path ?? "", args: ["--no-sandbox"] });
  });
  afterAll(() => browser.close());
  return async (url, { width = 1280, dark = false, allow = url } = {}) => {
    const page = await browser.newPage({
      ...{ viewport: { width, height: 900 }, colorScheme: dark ? "dark" : "light" },
    });
    const trouble: string[] = [];
    page.on("console", (message) => {
      if (message.type() !== "info" && message.type() !== "log") trouble.push(message.text());
    });
    page.on("pageerror", (error) => trouble.push(error.message));
    page.on("dialog", (dialog) => {
      trouble.push(`a dialog: ${dialog.message()}`);
      dialog.dismiss().catch(() => {});
    });
    page.on("request", (request) => {
      const isOwn = /^(data|blob):/.test(request.url()) || request.url().startsWith(allow);
      if (!isOwn) trouble.push(`a request: ${request.url()}`);
    });
    await page.goto(url);
    await page.locator("footer").waitFor({ state: "attached" });
    return { page, trouble };
  };
}

/** After what was changed is drawn. */
export async function drawn(page: Page): Promise<void> {
  await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
}
