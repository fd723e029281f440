// The live page: rows as they come, its stop button, and who is turned away.

import { existsSync } from "node:fs";
import { request } from "node:http";
import { type AddressInfo, connect, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { createLiveServer } from "../../src/report/live/server.js";
import type { ReportModel } from "../../src/report/model.js";
import { hasBrowser, useBrowser } from "../support/browser.js";
import { call } from "../support/call.js";
import { sharedFolder, start } from "../support/cli.js";
import { writeStudy } from "../support/study.js";

const work = sharedFolder();
const LONG = ["--epochs", "500", "--train-limit", "1000", "--layers", "784,16,784", "--eval-every", "9"];

/** Starts a command with a live page; its address, and what becomes of it. */
async function serving(args: string[]) {
  const { child, finished, stderrHas } = start([...args, "--serve"]);
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  let stderr = "";
  child.stderr?.on("data", (chunk) => {
    stderr += chunk;
  });
  await stderrHas("the live page is");
  return { url: /http:\S+/.exec(stderr)?.[0] ?? "", finished };
}

async function modelOf(url: string): Promise<ReportModel> {
  return (await (await fetch(`${url}model.json`)).json()) as ReportModel;
}

/** Looks again until there is something. */
async function until<T>(look: () => Promise<T | null>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    await sleep(100);
  }
}

describe.skipIf(!hasBrowser)("the live page of a run", () => {
  const open = useBrowser();

  it("shows rows as they come, and its button stops the command as Ctrl-C does", async () => {
    const out = join(work, "run");
    const { url, finished } = await serving([
      "run",
      ...LONG,
      "--optimizer",
      "adam",
      "--lr",
      "0.001",
      "--out",
      out,
    ]);
    const { page, trouble } = await open(url);
    const step = () =>
      until(async () => {
        const text = await page
          .locator("#section-runs tbody td")
          .nth(6)
          .textContent({ timeout: 100 })
          .catch(() => null);
        return text === null ? null : Number(text);
      });
    const first = await step();
    await until(async () => ((await step()) > first ? true : null));
    expect(await page.locator(".live-text").textContent()).toMatch(
      /^adam, rate 0.001, seed 0: step \d+ of 4500, loss [\d.]+; run 1 of 1, about .* left$/,
    );
    await page.getByRole("button", { name: "Stop" }).click();
    expect((await finished).code).toBe(130);
    await page.getByText("The command has ended").waitFor();
    expect(await page.getByRole("button", { name: "Stop" }).isVisible()).toBe(false);
    expect(trouble).toEqual([]);
    await page.close();
  });
});

it("shows a study's runs, and stops it", async () => {
  const config = writeStudy(work, { epochs: 60 });
  const out = join(work, "study");
  const { url, finished } = await serving(["sweep", config, "--out", out, "--jobs", "1"]);
  const model = await until(async () => {
    const now = await modelOf(url);
    return now.folders[0].runs.rows.length > 0 ? now : null;
  });
  expect(model.folders[0].problems[0].search?.table.rows.length).toBeGreaterThan(0);
  expect((await fetch(`${url}stop`, { method: "POST" })).status).toBe(204);
  expect((await finished).code).toBe(130);
  await expect(fetch(url)).rejects.toThrow();
});

describe("the server of the live page", () => {
  /** Of one text a path, with a token that is "secret". */
  async function served() {
    let stops = 0;
    const state = { share: 0.5, words: "half", version: 1 };
    const live = createLiveServer("secret", {
      ...{ state: () => state, page: async () => "page", model: async () => "{}" },
      stop: () => {
        stops += 1;
      },
    });
    await new Promise<void>((resolve) => live.server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      live.server.closeAllConnections();
      live.server.close();
    });
    const { port } = live.server.address() as AddressInfo;
    const ask = (path: string, headers: Record<string, string> = {}, method = "GET") =>
      new Promise<number>((resolve, reject) => {
        const asked = request({ host: "127.0.0.1", port, path, method, headers }, (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        });
        asked.on("error", reject).end();
      });
    return { ...live, state, port, ask, stops: () => stops };
  }

  it("serves its page to its own address alone", async () => {
    const { ask, port, stops } = await served();
    const evil = "http://evil.example";
    expect(await ask("/secret/")).toBe(200);
    expect(await ask("/secret/", { host: `localhost:${port}`, origin: `http://localhost:${port}` })).toBe(
      200,
    );
    for (const path of ["/", "/Secret/", "/secre/", "/secrett/", "//secret/", "/x/secret/"]) {
      expect([path, await ask(path)]).toEqual([path, 403]);
    }
    expect(await ask("/wrong/")).toBe(403);
    expect(await ask("/secret/", { host: "evil.example" })).toBe(403);
    expect(await ask("/secret/", { host: "127.0.0.1" })).toBe(403);
    expect(await ask("/secret/model.json", { origin: evil })).toBe(403);
    expect(await ask("/secret/model.json", { "sec-fetch-site": "cross-site" })).toBe(403);
    expect(await ask("/secret/stop", { origin: evil }, "POST")).toBe(403);
    expect(await ask("/secret/stop")).toBe(404); // not by a link
    expect(await ask("/secret/manifest.json")).toBe(404);
    expect(stops()).toBe(0);
    expect(await ask("/secret/stop", {}, "POST")).toBe(204);
    expect(stops()).toBe(1);
  });

  it("keeps nothing for a reader that does not read, and goes on with the others", async () => {
    const { port, send, state } = await served();
    const listen = (onData: (text: string) => void) => {
      const socket = connect(port, "127.0.0.1");
      onTestFinished(() => {
        socket.destroy();
      });
      socket.write(`GET /secret/events HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
      return new Promise<typeof socket>((resolve) => {
        socket.on("data", (chunk) => {
          onData(chunk.toString());
          resolve(socket);
        });
      });
    };
    let slowBytes = 0;
    const slow = await listen((text) => {
      slowBytes += text.length;
    });
    slow.pause();
    let last = "";
    await listen((text) => {
      last = text;
    });
    const words = "x".repeat(4000);
    const count = 10_000; // 40 MB
    for (let version = 1; version <= count; version++) {
      send("state", { ...state, words, version });
      if (version % 100 === 0) await new Promise(setImmediate);
    }
    await until(async () => {
      send("state", { ...state, words: "now", version: count + 1 });
      await sleep(10);
      return last.includes('"now"') ? true : null;
    });
    slow.resume();
    await until(async () => (slowBytes > 1000 ? true : null));
    await sleep(200);
    expect(slowBytes).toBeLessThan(20e6);
  });
});

describe("--serve", () => {
  it("refuses a port that is taken or is none, before anything is written", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      other.close();
    });
    const { port } = other.address() as AddressInfo;
    const out = join(work, "refused");
    const taken = await start(["run", ...LONG, "--out", out, "--serve", String(port)]).finished;
    expect([taken.code, taken.stderr]).toEqual([
      ...[
        2,
        `rp-bench: --serve: port ${port} is taken by another program; name another, or none for any that is free\n`,
      ],
    ]);
    for (const bad of ["-1", "65536", "8e3", "http"]) {
      const { code, stderr } = await call(["run", ...LONG, "--out", out, `--serve=${bad}`]);
      expect([code, stderr]).toEqual([
        2,
        `rp-bench: --serve: must be a port from 0 to 65535, got "${bad}"\n`,
      ]);
    }
    expect(existsSync(out)).toBe(false);
  });
});
