// Processes that take and give back one lock as fast as they can never have it together.

import { spawn } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { releaseLock, takeLock } from "../../src/files/lock.js";
import { root, temporaryFolder } from "../support/cli.js";

it("excludes, also where a dead lock lies at the start", async () => {
  const folder = temporaryFolder();
  const path = join(folder, ".lock");
  writeFileSync(path, "999999999 1");
  const script = `
    import { rmdirSync, mkdirSync } from "node:fs";
    import { releaseLock, takeLock } from ${JSON.stringify(join(root, "dist", "files", "lock.js"))};
    const [path, held] = ${JSON.stringify([path, join(folder, "held")])};
    let taken = 0;
    for (const end = Date.now() + 700; Date.now() < end; ) {
      if (takeLock(path) !== null) continue;
      mkdirSync(held); // fails where another process has the lock as well
      rmdirSync(held);
      releaseLock(path);
      taken++;
    }
    process.stdout.write(String(taken));`;
  const run = () =>
    new Promise<{ code: number | null; taken: number }>((resolve) => {
      const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
        stdio: ["ignore", "pipe", "inherit"],
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
  expect(takeLock(path)).toBe(process.pid);
  releaseLock(path);
  writeFileSync(path, "1 0"); // process 1 lives, but began at another time
  releaseLock(path);
  expect(takeLock(path)).toBeNull();
  releaseLock(path);
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
  writeFileSync(path, `${pid} ${stat()[19]}`);
  expect(takeLock(path)).toBeNull();
  releaseLock(path);
  parent.kill();
});
