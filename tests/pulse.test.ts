import { spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { root } from "./support/cli.js";

/** A process that prints how far its two clocks went, from a first line on until it is told to end. */
async function clocks(between: (pid: number) => Promise<void>): Promise<{ wall: number; awake: number }> {
  const script = `
    import { awakeMilliseconds } from ${JSON.stringify(join(root, "dist", "pulse.js"))};
    awakeMilliseconds();
    await new Promise((resolve) => setTimeout(resolve, 1000)); // its thread runs
    const [wall, awake] = [performance.now(), awakeMilliseconds()];
    console.log("begun");
    process.stdin.once("data", () => {
      console.log(JSON.stringify({ wall: performance.now() - wall, awake: awakeMilliseconds() - awake }));
      process.exit();
    });`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.on("data", (chunk) => {
    text += chunk;
  });
  const closed = new Promise((resolve) => child.on("close", resolve));
  while (!text.includes("begun")) await sleep(5);
  await between(child.pid ?? 0);
  child.stdin.write("\n");
  await closed;
  return JSON.parse(text.split("\n")[1] ?? "");
}

it("has a clock that stands still while the process is stopped, read right after it goes on", async () => {
  const { wall, awake } = await clocks(async (pid) => {
    process.kill(pid, "SIGSTOP");
    await sleep(2500);
    process.kill(pid, "SIGCONT");
  });
  expect(wall).toBeGreaterThan(2400);
  expect(wall - awake).toBeGreaterThan(2000);
  expect(awake).toBeGreaterThanOrEqual(0);
});

it("has a clock that goes on while the process works", async () => {
  const { wall, awake } = await clocks(() => sleep(1500));
  expect(wall).toBeGreaterThan(1400);
  expect(Math.abs(wall - awake)).toBeLessThan(50);
});
