// What a study and its tasks say to each other through the result folder, which all machines see: below cluster/ the
// study's id, the tasks of each batch, their logs, and notes of tasks that could not publish a result.

import { randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import type { StudyConfig } from "../../config/study-schema.js";
import type { EngineDescription } from "../../engines/engine.js";
import { type ErrorCode, RpBenchError } from "../../errors.js";
import { isDirectory, jsonText, makeFolder, readJson, writeFileAtomically } from "../../files/files.js";
import { publishFile } from "../../files/publish.js";
import { runName } from "../../results/run-name.js";
import type { WorkerSetup } from "../messages.js";
import type { PlannedRun } from "../plan.js";
import type { Batch } from "./scheduler.js";

export type Task =
  | { kind: "run"; run: PlannedRun }
  /** Times of steps on the machine that the task has for itself; `place` names the kind of machine in file names. */
  | { kind: "step-times"; place: string };

/** What all tasks of a batch have in common. */
export interface TaskSetup {
  config: StudyConfig;
  worker: Omit<WorkerSetup, "folder">;
  /** As the study found it. */
  engine: EngineDescription;
  timeoutSeconds: number | null;
}

interface BatchFile extends TaskSetup {
  tasks: Task[];
}

/** Why a task ended without a result. */
export type Note =
  | { kind: "crashed"; reason: string; step: number }
  /** What concerns every run on its machine. */
  | { kind: "fatal"; code: ErrorCode; message: string }
  /** By SIGTERM. */
  | { kind: "stopped" };

/** Of a log no more is read. */
const MOST_BYTES = 8192;
/** Of its last line no more is shown. */
const MOST_LETTERS = 500;

/** A task's result has this name: a run's, or that of a file of step times. */
export function taskName(task: Task): string {
  return task.kind === "run" ? runName(task.run) : `step-times-${task.place}`;
}

export class TaskFolder {
  private readonly path: string;

  constructor(private readonly study: string) {
    this.path = join(study, "cluster");
  }

  /** @throws RpBenchError OUTPUT_UNWRITABLE, WRITE_FAILED */
  create(): void {
    for (const part of ["tasks", "notes", "logs", "step-times"]) makeFolder(join(this.path, part));
  }

  /**
   * Drawn at random by the first command that has the lock; its tasks are known by it. A folder that was copied or moved
   * gets another, for tasks of the old one write to the old one.
   */
  id(): string {
    const path = join(this.path, "study.json");
    const folder = realpathSync(this.study);
    const known = existsSync(path) ? (readJson(path) as { id?: unknown; folder?: unknown }) : null;
    if (known === null || (known.folder !== undefined && known.folder !== folder)) {
      const id = randomBytes(4).toString("hex");
      writeFileAtomically(path, jsonText({ id, folder }));
      return id;
    }
    if (typeof known.id === "string" && /^[0-9a-f]{8}$/.test(known.id)) return known.id;
    throw new RpBenchError("DATA_CORRUPT", `${path}: id must be eight hexadecimal digits; remove the file`);
  }

  get lockPath(): string {
    return join(this.path, "command.lock");
  }

  /** Writes a batch's tasks down, under numbers that no other batch has. */
  write(setup: TaskSetup, tasks: Task[], alone: Batch["alone"]): Batch {
    const last = this.firsts().at(-1);
    let first = last === undefined ? 1 : last + this.batch(last).tasks.length;
    const text = JSON.stringify({ ...setup, tasks });
    while (!publishFile(this.batchPath(first), text)) first += tasks.length;
    return { first, count: tasks.length, alone };
  }

  /**
   * A task as it was written down.
   *
   * @throws RpBenchError RESULTS_ABSENT where there is none of this number, DATA_CORRUPT
   */
  read(number: number): { setup: TaskSetup; task: Task } {
    const absent = (what: string) => new RpBenchError("RESULTS_ABSENT", what);
    if (!isDirectory(join(this.path, "tasks"))) {
      throw absent(`--study ${this.study}: is not the folder of a study with tasks; rp-bench sweep makes it`);
    }
    const batch = this.batchOf(number);
    const task = batch?.tasks[number - batch.first];
    if (!batch || !task) throw absent(`--task ${number}: ${this.study} has no task of this number`);
    return { setup: batch, task };
  }

  /** The batch that a task would be of; null where there is none. */
  batchOf(number: number): (BatchFile & { first: number }) | null {
    const first = this.firsts().findLast((one) => one <= number);
    return first === undefined ? null : { ...this.batch(first), first };
  }

  note(number: number, note: Note): void {
    writeFileAtomically(join(this.path, "notes", `${number}.json`), jsonText(note));
  }

  notes(): { number: number; note: Note }[] {
    return readdirSync(join(this.path, "notes")).flatMap((name) => {
      const number = Number(/^(\d+)\.json$/.exec(name)?.[1] ?? "NaN");
      const path = join(this.path, "notes", name);
      if (Number.isNaN(number)) return [];
      try {
        return [{ number, note: readJson(path) as Note }]; // the task is ours
      } catch (error) {
        if (!existsSync(path)) return []; // it began again, and removed it
        throw error;
      }
    });
  }

  removeNote(number: number): void {
    rmSync(join(this.path, "notes", `${number}.json`), { force: true });
  }

  /** With `index` as the scheduler writes it. */
  logPath(first: number, index: number | string): string {
    return join(this.path, "logs", `${first}-${index}.log`);
  }

  /** The last line of a task's log that holds anything; null where there is none. */
  lastWords(first: number, index: number): string | null {
    try {
      return endOf(this.logPath(first, index)).trim().split("\n").at(-1)?.trim().slice(-MOST_LETTERS) || null;
    } catch {
      return null; // it never began
    }
  }

  stepTimesPath(place: string): string {
    return join(this.path, "step-times", `${place}.csv`);
  }

  /** Names of tasks that have measured step times. */
  measured(): string[] {
    const names = readdirSync(join(this.path, "step-times")).filter((name) => name.endsWith(".csv"));
    return names.map((name) => `step-times-${name.slice(0, -".csv".length)}`);
  }

  removeStepTimes(): void {
    for (const name of readdirSync(join(this.path, "step-times")))
      rmSync(join(this.path, "step-times", name), { force: true });
  }

  private batch(first: number): BatchFile {
    const path = this.batchPath(first);
    const file = readJson(path) as Partial<BatchFile>;
    if (!Array.isArray(file.tasks)) throw new RpBenchError("DATA_CORRUPT", `${path}: holds no list of tasks`);
    return file as BatchFile; // the study is ours
  }

  private batchPath(first: number): string {
    return join(this.path, "tasks", `${first}.json`);
  }

  /** First numbers of the batches, in order. */
  private firsts(): number[] {
    const names = readdirSync(join(this.path, "tasks")).filter((name) => /^\d+\.json$/.test(name));
    return names.map((name) => Number.parseInt(name, 10)).sort((a, b) => a - b);
  }
}

/** A program may have printed more than fits into memory. */
function endOf(path: string): string {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    const bytes = Buffer.alloc(Math.min(size, MOST_BYTES));
    const read = readSync(file, bytes, 0, bytes.length, size - bytes.length);
    return bytes.toString("utf8", 0, read);
  } finally {
    closeSync(file);
  }
}
