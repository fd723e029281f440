// What becomes of tasks, with a scheduler and a study that are made up and a clock that the test moves.

import { beforeEach, describe, expect, it } from "vitest";
import { type Desk, Follower, LIMITS } from "../../src/sweep/cluster/follower.js";
import type { Batch, Scheduler, TaskState } from "../../src/sweep/cluster/scheduler.js";
import { type Note, type Task, taskName } from "../../src/sweep/cluster/task-folder.js";
import type { PlannedRun } from "../../src/sweep/plan.js";

const task = (seed: number): Task => {
  const identity = { problem: "mnist", label: "sgd", variant: "", learningRate: 1, seed };
  return { kind: "run", run: identity as PlannedRun };
};
const name = (seed: number) => taskName(task(seed));

class Fake implements Scheduler {
  readonly title = "The fake";
  readonly outlives = true;
  mostTasks = 1000;
  batches: Batch[] = [];
  answer: Awaited<ReturnType<Scheduler["submit"]>> = "accepted";
  states: Map<number, TaskState> | null = new Map();

  async submit(batch: Batch) {
    this.batches.push(batch);
    if (this.answer === "accepted")
      for (let index = 0; index < batch.count; index++)
        this.states?.set(batch.first + index, { kind: "waiting" });
    return this.answer;
  }
  async tasks() {
    return this.states && new Map(this.states);
  }
  async cancel() {}
}

class FakeDesk implements Desk {
  written: Task[] = [];
  there = new Set<string>();
  waiting: { number: number; note: Note }[] = [];
  warnings: string[] = [];
  given: string[] = [];
  results = () => this.there;
  accept = () => true;
  giveUp(one: Task, reason: string) {
    this.given.push(`${taskName(one)}: ${reason}`);
    return true;
  }
  write(tasks: Task[], alone: Batch["alone"]): Batch {
    const first = this.written.length + 1;
    this.written.push(...tasks);
    return { first, count: tasks.length, alone };
  }
  notes = () => [...this.waiting];
  removeNote(number: number) {
    this.waiting = this.waiting.filter((one) => one.number !== number);
  }
  batchOf = () => ({ first: 1, tasks: this.written });
  lastWords = () => "the log's last words";
  warn(message: string) {
    this.warnings.push(message);
  }
}

let [clock, fake, desk] = [0, new Fake(), new FakeDesk()];
let follower: Follower;
beforeEach(() => {
  [clock, fake, desk] = [0, new Fake(), new FakeDesk()];
  follower = new Follower(fake, desk, () => clock);
});
const pass = async (milliseconds: number) => {
  clock += milliseconds;
  await follower.look();
};
const gone: TaskState = { kind: "ended", how: "it was cancelled", cause: "cancelled" };

describe("a follower", () => {
  it("hands over in batches no longer than the scheduler takes, and no more than its queue should hold", async () => {
    fake.mostTasks = 3000;
    follower.want(Array.from({ length: 7000 }, (_, seed) => task(seed)));
    await follower.look();
    expect(fake.batches.map(({ first, count }) => [first, count])).toEqual([
      [1, 3000],
      [3001, 2000],
    ]);
    for (let seed = 0; seed < 100; seed++) desk.there.add(name(seed));
    await pass(1000);
    expect(fake.batches[2]).toMatchObject({ first: 5001, count: 100 });
    expect(follower.left).toBe(6900);
  });

  it("hands a lost task over once more, and gives it up after that", async () => {
    follower.want([task(0), task(1)]);
    await follower.look();
    fake.states?.set(1, gone);
    await pass(LIMITS.leastAsk);
    expect(desk.warnings).toEqual([
      `${name(0)}: it was cancelled; its log ends: the log's last words; it is handed over once more`,
    ]);
    await pass(10);
    expect(fake.batches.map(({ count }) => count)).toEqual([2, 1]);
    fake.states?.set(3, gone);
    await pass(LIMITS.leastAsk);
    expect(desk.given).toEqual([`${name(0)}: it was cancelled, twice`]);
    expect(follower.left).toBe(1);
  });

  it("waits for the result of a task that says it is done, or is unknown, as long as files may take", async () => {
    follower.want([task(0), task(1)]);
    await follower.look();
    fake.states = new Map([[1, { kind: "done" }]]);
    await pass(LIMITS.leastAsk);
    await pass(LIMITS.grace - 1);
    expect(desk.warnings).toEqual([]);
    desk.there.add(name(0));
    await pass(LIMITS.leastAsk);
    expect(follower.left).toBe(1);
    expect(desk.warnings).toEqual([expect.stringMatching(/seed1: it is gone without a result/)]);
  });

  it("counts no attempt where a task was preempted or ended by SIGTERM", async () => {
    follower.want([task(0)]);
    for (let attempt = 1; attempt < 6; attempt++) {
      await pass(LIMITS.leastAsk);
      if (attempt % 2) {
        fake.states?.set(attempt, { kind: "ended", how: "it was preempted", cause: "surroundings" });
      } else {
        if (attempt === 2) fake.states?.delete(attempt);
        else fake.states?.set(attempt, { kind: "ended", how: "it failed", cause: "task" });
        desk.waiting.push({ number: attempt, note: { kind: "stopped" } });
      }
      await pass(LIMITS.leastAsk);
    }
    expect(desk.given).toEqual([]);
    expect(desk.waiting).toEqual([]);
    expect(desk.warnings).toHaveLength(5);
    expect(desk.warnings[1]).toBe(`${name(0)}: it was ended by SIGTERM; it is handed over once more`);
  });

  it("does not hand over for ever what is always preempted", async () => {
    follower.want([task(0)]);
    for (let attempt = 1; attempt <= 102; attempt++) {
      await pass(LIMITS.leastAsk);
      fake.states?.set(attempt, { kind: "ended", how: "it was preempted", cause: "surroundings" });
      await pass(LIMITS.mostAsk);
    }
    expect(desk.given).toEqual([`${name(0)}: it was preempted, twice`]);
    expect(follower.left).toBe(0);
  });

  it("hands over in one batch only what is to have the same machine", async () => {
    const [first, second] = [{ host: "node1" }, { host: "node2" }];
    follower.want([task(0), task(1)]);
    follower.want([task(2)], first);
    follower.want([task(3)], second);
    await follower.look();
    expect(fake.batches).toEqual([
      { first: 1, count: 2, alone: null },
      { first: 3, count: 1, alone: first },
      { first: 4, count: 1, alone: second },
    ]);
  });

  it("leaves a task to its scheduler that was ended and queued again", async () => {
    follower.want([task(0)]);
    await follower.look();
    desk.waiting.push({ number: 1, note: { kind: "stopped" } });
    await pass(LIMITS.leastAsk);
    await pass(LIMITS.grace);
    expect([fake.batches.length, desk.waiting.length, desk.warnings.length]).toEqual([1, 0, 0]);
  });

  it("waits for what a task comes to that is being ended, and remembers that SIGTERM did it", async () => {
    follower.want([task(0)]);
    await follower.look();
    desk.waiting.push({ number: 1, note: { kind: "stopped" } });
    fake.states?.set(1, { kind: "ending" });
    await pass(LIMITS.leastAsk);
    await pass(LIMITS.grace);
    expect(desk.warnings).toEqual([]);
    fake.states?.set(1, { kind: "ended", how: "it failed", cause: "task" });
    await pass(LIMITS.leastAsk);
    expect(desk.warnings).toEqual([`${name(0)}: it was ended by SIGTERM; it is handed over once more`]);
  });

  it("tries a fault of one machine elsewhere, and ends where it is one of all", async () => {
    const note: Note = { kind: "fatal", code: "DATASET_ABSENT", message: "on node1: not here: mnist" };
    follower.want([task(0)]);
    await follower.look();
    desk.waiting.push({ number: 1, note });
    await pass(1000);
    expect(desk.warnings).toEqual([
      expect.stringMatching(/on node1: not here: mnist.*handed over once more/),
    ]);
    desk.waiting.push({ number: 2, note });
    await expect(pass(1000)).rejects.toMatchObject({ code: "DATASET_ABSENT", message: note.message });
  });

  it("asks a scheduler that did not answer whether it has a batch, before it hands that over again", async () => {
    fake.answer = "unknown";
    follower.want([task(0), task(1)]);
    await follower.look();
    fake.states = null;
    await pass(LIMITS.leastAsk);
    expect(desk.warnings.at(-1)).toBe("The fake does not answer; results are followed all the same");
    fake.answer = "accepted";
    fake.states = new Map([[2, { kind: "running" }]]);
    await pass(LIMITS.leastAsk);
    expect(fake.batches).toHaveLength(1);
    await pass(LIMITS.doubt);
    await pass(10);
    expect(desk.warnings.slice(-1)).toEqual(["The fake answers again"]);
    expect(fake.batches).toHaveLength(2);
    expect(desk.written.map(taskName)).toEqual([name(0), name(1), name(0)]);
  });

  it("hands over fewer at a time where the scheduler is full, later", async () => {
    follower.want([task(9)]);
    await follower.look();
    fake.answer = { full: "a limit of jobs" };
    follower.want(Array.from({ length: 8 }, (_, seed) => task(seed)));
    await pass(10);
    await pass(10);
    expect(fake.batches.map(({ count }) => count)).toEqual([1, 8]);
    fake.answer = "accepted";
    await pass(LIMITS.full);
    expect(fake.batches.slice(2).map(({ count }) => count)).toEqual([4, 4]);
  });

  it("waits, and says so once, where the scheduler takes not a single task because of others", async () => {
    fake.answer = { full: "a limit of jobs" };
    follower.want([task(0), task(1)]);
    await follower.look();
    expect(fake.batches.map(({ count }) => count)).toEqual([2, 1]);
    await pass(LIMITS.full - 1);
    expect(fake.batches).toHaveLength(2);
    await pass(1);
    expect(desk.warnings).toEqual([
      "The fake takes not a single task now (a limit of jobs); the study waits until it does",
    ]);
    fake.answer = "accepted";
    await pass(LIMITS.full);
    expect(fake.batches.at(-1)).toMatchObject({ count: 2 });
    expect(follower.left).toBe(2);
  });

  it("ends where the scheduler is silent for long and nothing comes in", async () => {
    follower.want([task(0), task(1)]);
    await follower.look();
    fake.states = null;
    await pass(LIMITS.silence - 1);
    desk.there.add(name(0)); // a sign of life
    await pass(1);
    await expect(pass(LIMITS.silence)).rejects.toMatchObject({ code: "EXECUTOR_UNAVAILABLE" });
  });

  it("takes over what an earlier command handed over, and hands nothing over twice", async () => {
    desk.written = [task(0), task(1), task(2)];
    fake.states = new Map<number, TaskState>([
      [1, { kind: "running" }],
      [2, gone],
      [3, { kind: "ending" }],
    ]);
    expect(await follower.adopt()).toBe(2);
    follower.want([task(0), task(1), task(2)]);
    await follower.look();
    expect(fake.batches).toEqual([{ first: 4, count: 1, alone: null }]);
  });

  it("hands over nothing that got a result since it was wanted", async () => {
    follower.want([task(0), task(1), task(2)]);
    desk.there.add(name(1));
    await follower.look();
    expect(desk.written.map(taskName)).toEqual([name(0), name(2)]);
    expect(follower.left).toBe(2);
  });

  it("asks the less often the longer a study takes", async () => {
    follower.want([task(0)]);
    for (let second = 0; second < 3600; second++) await pass(1000);
    expect(follower.questions).toBeGreaterThan(60);
    expect(follower.questions).toBeLessThan(150);
  });
});
