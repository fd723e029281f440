// A thread beside the event loop, which long steps hold up. It writes to the locks of this process, so that other hosts
// and containers see that it lives, and it notices when the whole process stood still: stopped by a signal, or with the
// machine asleep. Time of that kind is neither training nor running.

import type * as fileSystem from "node:fs/promises";
import { type MessagePort, Worker } from "node:worker_threads";

/** The thread looks at the clock so often. */
const TICK_MILLISECONDS = 200;
/** Two looks that lie further apart had a stop between them: a thread that sleeps gets its turn within a fraction of it. */
const STOP_MILLISECONDS = 1000;
/** Locks are written to so often. */
export const BEAT_MILLISECONDS = 2000;
/** Digits of the number of beats, so that each takes the place of the last. */
export const BEAT_DIGITS = 12;

/** What the thread is told: to write to a lock as long as it begins with `head`, or no longer. */
interface Order {
  path: string;
  head: string | null;
}

/** Of the thread: when it last looked at the clock and how long the process stood still until then, in units. */
const memory = new BigInt64Array(new SharedArrayBuffer(8));
/** Both fit into one number, which is read and written at once, for a year of run time. */
const UNIT_MILLISECONDS = 10;

const begun = process.hrtime.bigint();
let thread: Worker | null = null;

/** Writes to a lock from now on. */
export function beatOn(path: string, head: string): void {
  start().postMessage({ path, head } satisfies Order);
}

export function stopBeating(path: string): void {
  thread?.postMessage({ path, head: null } satisfies Order);
}

/** A clock that stands still while the whole process does, from its first reading on. Only differences mean something. */
export function awakeMilliseconds(): number {
  start();
  const now = Number(process.hrtime.bigint() - begun) / 1e6;
  const packed = Atomics.load(memory, 0);
  if (packed === 0n) return now; // the thread has not begun, or has ended
  const last = Number(packed & 0xffffffffn) * UNIT_MILLISECONDS;
  const stood = Number(packed >> 32n) * UNIT_MILLISECONDS;
  // The process goes on, and the thread has not had its turn yet.
  const standing = now - last > STOP_MILLISECONDS ? now - last - TICK_MILLISECONDS : 0;
  return now - stood - standing;
}

function start(): Worker {
  if (thread) return thread;
  const source = `const { parentPort, workerData } = require("node:worker_threads");
    (${pulse})(parentPort, require("node:fs/promises"), workerData);`;
  const constants = {
    TICK_MILLISECONDS,
    STOP_MILLISECONDS,
    BEAT_MILLISECONDS,
    BEAT_DIGITS,
    UNIT_MILLISECONDS,
  };
  // Its memory is small, and it takes no flags that were meant for the program.
  thread = new Worker(source, {
    ...{ eval: true, execArgv: [], workerData: { memory, begun, ...constants } },
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 4 },
  });
  // Where no thread can be had, time that was stood still counts and others see no beat. The work goes on.
  thread.on("error", () => Atomics.store(memory, 0, 0n));
  thread.unref();
  return thread;
}

type Data = Record<`${string}_${"MILLISECONDS" | "DIGITS"}`, number> & {
  memory: BigInt64Array;
  begun: bigint;
};

/** The thread's program. It is handed over as text, so it may use nothing but its arguments and what Node has everywhere. */
function pulse(port: MessagePort, fs: typeof fileSystem, data: Data): void {
  const { TICK_MILLISECONDS: tick, STOP_MILLISECONDS: stop, UNIT_MILLISECONDS: unit } = data;
  const locks = new Map<string, string>();
  let last = 0;
  let stood = 0;
  let sinceBeat = 0;
  let beats = 0;
  let beating = false;
  const look = () => {
    const now = Number((process.hrtime.bigint() - data.begun) / 1_000_000n);
    if (last > 0 && now - last > stop) stood += now - last - tick;
    last = now;
    const units = (milliseconds: number) => BigInt(Math.floor(milliseconds / unit));
    Atomics.store(data.memory, 0, (units(stood) << 32n) | units(last) | 1n);
  };
  /** The file that is opened is the one that is read and written, whatever takes its name meanwhile. */
  const beat = async (path: string, head: string) => {
    const file = await fs.open(path, "r+");
    try {
      const there = Buffer.alloc(Buffer.byteLength(head));
      await file.read(there, 0, there.length, 0);
      if (there.toString() !== head) return;
      await file.write(String(beats).padStart(data.BEAT_DIGITS, "0"), there.length);
    } finally {
      await file.close();
    }
  };
  port.on("message", ({ path, head }: Order) => {
    if (head === null) locks.delete(path);
    else locks.set(path, head);
  });
  setInterval(() => {
    look();
    sinceBeat += tick;
    if (sinceBeat < data.BEAT_MILLISECONDS || beating) return;
    sinceBeat = 0;
    beats += 1;
    beating = true; // a file system that hangs holds up the beat, not the clock
    // A lock that cannot be written to is one that has gone.
    Promise.allSettled([...locks].map(([path, head]) => beat(path, head))).then(() => {
      beating = false;
    });
  }, tick);
  look();
}
