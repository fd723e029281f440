// Processes that take and give back one lock as fast as they can never have it together.

import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { holdsLock, releaseLock, STALE_MILLISECONDS, takeLock } from "../../src/files/lock.js";
import { self } from "../../src/files/processes.js";
import { root, temporaryFolder } from "../support/cli.js";
import { withoutLinks } from "../support/machines.js";

/** The content of a lock of this process, but for some parts. */
function lockOf(parts: Partial<typeof self>, beats = 0): string {
  return `${JSON.stringify({ ...self, token: "another", ...parts })}\n${String(beats).padStart(12, "0")}\n`;
}

it.each([
  ["", {}],
  [", without hard links", withoutLinks],
])("excludes, also where dead locks lie%s", async (_, env) => {
  if (env === null) return;
  const folder = temporaryFolder();
  const path = join(folder, ".lock");
  writeFileSync(path, lockOf({ pid: 999_999_999 }));
  const script = `
    import { rmdirSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
    import { releaseLock, takeLock } from ${JSON.stringify(join(root, "dist", "files", "lock.js"))};
    const [path, held, dead] = ${JSON.stringify([path, join(folder, "held"), lockOf({ pid: 999_999_999 })])};
    let taken = 0;
    for (const end = Date.now() + 700; Date.now() < end; ) {
      if (takeLock(path) !== null) continue;
      mkdirSync(held); // fails where another process has the lock as well
      rmdirSync(held);
      if (taken++ % 2 === 0) releaseLock(path);
      else { // as if it were killed
        writeFileSync(path + process.pid, dead.replace("another", process.pid + "-" + taken));
        renameSync(path + process.pid, path);
      }
    }
    if (takeLock(path) === null) releaseLock(path);
    process.stdout.write(String(taken));`;
  const run = () =>
    new Promise<{ code: number | null; taken: number }>((resolve) => {
      const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
        stdio: ["ignore", "pipe", "inherit"],
        env: { ...process.env, ...env },
      });
      let text = "";
      child.stdout.on("data", (chunk) => {
        text += chunk;
      });
      child.on("close", (code) => resolve({ code, taken: Number(text) }));
    });
  const results = await Promise.all([run(), run(), run()]);
  expect(results.map(({ code }) => code)).toEqual([0, 0, 0]);
  expect(results.reduce((sum, { taken }) => sum + taken, 0)).toBeGreaterThan(10);
  expect(readdirSync(folder)).toEqual([]);
});

it("names the process that has it, and gives back only its own", () => {
  const path = join(temporaryFolder(), ".lock");
  expect(takeLock(path)).toBeNull();
  expect(takeLock(path)).toEqual({ name: `process ${process.pid}`, alive: true });
  expect(holdsLock(path)).toBe(true);
  releaseLock(path);
  expect(existsSync(path)).toBe(false);
  const other = lockOf({ pid: 1, started: "0" }); // process 1 lives, but began at another time
  writeFileSync(path, other);
  expect(holdsLock(path)).toBe(false);
  releaseLock(path);
  expect(readFileSync(path, "utf8")).toBe(other);
  expect(takeLock(path)).toBeNull();
  releaseLock(path);
});

describe("a lock of a process elsewhere", () => {
  let now = 0;
  beforeEach(() => {
    now = 0;
    vi.spyOn(performance, "now").mockImplementation(() => now);
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });
  const elsewhere: [string, Partial<typeof self>, RegExp][] = [
    ["host", { host: "node7" }, /^process 1 on node7$/],
    ["boot of a machine of the same name", { boot: "another" }, /^process 1 on /],
    ["container", { namespace: "pid:[1]" }, /^process 1 of another container on /],
  ];

  it.each(elsewhere)("of another %s is not dead by its number", (_, parts, name) => {
    const path = join(temporaryFolder(), ".lock");
    // Here process 1 began at another time.
    writeFileSync(path, lockOf({ ...parts, pid: 1, started: "0" }));
    expect(takeLock(path)).toEqual({ name: expect.stringMatching(name), alive: false });
    writeFileSync(path, lockOf({ ...parts, pid: 1, started: "0" }, 1));
    expect(takeLock(path)).toMatchObject({ alive: true });
  });

  it("is taken once it has not beaten for long enough, and no sooner", () => {
    const path = join(temporaryFolder(), ".lock");
    writeFileSync(path, lockOf({ host: "node7" }, 1));
    const look = (milliseconds: number) => {
      now += milliseconds;
      return takeLock(path);
    };
    look(0);
    for (let waited = 1000; waited < STALE_MILLISECONDS; waited += 1000)
      expect(look(1000)).toMatchObject({ alive: false });
    writeFileSync(path, lockOf({ host: "node7" }, 2));
    expect(look(1000)).toMatchObject({ alive: true });
    // Who looks was stopped for an hour, and perhaps the holder with it.
    expect(look(3_600_000)).toMatchObject({ alive: true });
    for (let waited = 2000; waited < STALE_MILLISECONDS; waited += 1000)
      expect(look(1000)).toMatchObject({ alive: true });
    expect(look(1000)).toBeNull();
    expect(holdsLock(path)).toBe(true);
    releaseLock(path);
  });
});

it("is beaten while the event loop is held up", async () => {
  const path = join(temporaryFolder(), ".lock");
  const script = `
    import { takeLock } from ${JSON.stringify(join(root, "dist", "files", "lock.js"))};
    takeLock(${JSON.stringify(path)});
    for (;;);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "inherit" });
  try {
    while (!existsSync(path)) await sleep(5);
    const first = readFileSync(path, "utf8");
    while (readFileSync(path, "utf8") === first) await sleep(50);
    const [head, beats] = readFileSync(path, "utf8").split("\n");
    expect(JSON.parse(head ?? "")).toMatchObject({ pid: child.pid, host: hostname() });
    expect(Number(beats)).toBeGreaterThan(0);
  } finally {
    child.kill("SIGKILL");
  }
});

it("says so where something else has its name", () => {
  const folder = temporaryFolder();
  const path = join(folder, ".lock");
  symlinkSync(join(folder, "nowhere"), path);
  const refused = (code: string, message: string) =>
    expect(() => takeLock(path)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  refused("OUTPUT_CONFLICT", `${path}: is not a file, as a lock must be; remove it`);
  rmSync(path);
  mkdirSync(path);
  refused("OUTPUT_CONFLICT", "is not a file");
  expect(readdirSync(folder)).toEqual([".lock"]);
});

it.runIf(process.getuid?.() === 0)("says so where it is another user's and may not be removed", async () => {
  const folder = temporaryFolder();
  const path = join(folder, ".lock");
  writeFileSync(path, lockOf({ pid: 999_999_999 }));
  chmodSync(folder, 0o1777);
  const script = `
    import { takeLock } from ${JSON.stringify(join(root, "dist", "files", "lock.js"))};
    try { takeLock(${JSON.stringify(path)}) } catch (error) { console.log(error.message) }`;
  const options = { encoding: "utf8", uid: 12345, gid: 12345 } as const;
  const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", script], options);
  const why = "process 999999999, which is gone, and cannot be removed (EPERM: operation not permitted";
  expect(stdout).toContain(`${path}: is left of ${why}`);
  expect(stdout.trim().split("\n")).toHaveLength(1);
  expect(readdirSync(folder)).toEqual([".lock"]);
});

it("takes one that a loss of power left empty", () => {
  const path = join(temporaryFolder(), ".lock");
  writeFileSync(path, "");
  expect(takeLock(path)).toBeNull();
  releaseLock(path);
});

it("takes one of a process that has ended and waits to be reaped", async () => {
  const path = join(temporaryFolder(), ".lock");
  // A shell that becomes a program which never asks what became of the shell's child.
  const parent = spawn("bash", ["-c", "sleep 61 & echo $!; exec sleep 60"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const pid = await new Promise<number>((resolve) =>
    parent.stdout.once("data", (text) => resolve(Number(text))),
  );
  while (readFileSync(`/proc/${parent.pid}/comm`, "utf8") !== "sleep\n") await sleep(5);
  process.kill(pid);
  const stat = () => readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  while (stat()[0] !== "Z") await sleep(5);
  writeFileSync(path, lockOf({ pid, started: stat()[19] ?? "" }));
  expect(takeLock(path)).toBeNull();
  releaseLock(path);
  parent.kill();
});
