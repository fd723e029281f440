import { createHash } from "node:crypto";
import { closeSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { RpBenchError } from "../errors.js";
import { writing } from "../files/files.js";
import { csvText, numberOf, readCsv } from "./csv.js";

export const LOG_COLUMNS = [
  "epoch",
  "step",
  "training_seconds",
  "train_loss",
  "validation_loss",
  "test_loss",
] as const;

/** What a log has besides where the run's learning rate is "auto". */
export const CHOSEN_COLUMNS = ["learning_rate", "momentum"] as const;

/** One line of a run's log; losses are means over whole splits. */
export interface LogRow {
  /** step / steps per epoch */
  epoch: number;
  step: number;
  /** The training clock, which stops while evaluating. */
  trainingSeconds: number;
  trainLoss: number;
  validationLoss: number;
  testLoss: number;
  /** Where the learning rate is "auto": the rates of the last update; null before the first. */
  chosen?: { learningRate: number; momentum: number } | null;
}

/** A run's CSV, appended row by row as it trains; an earlier file of that name is replaced. */
export class RunLog {
  private readonly file: number;
  private length = 0;
  private hash = createHash("sha256");
  private content = "";

  private readonly columns: readonly string[];

  /**
   * @param automatic whether the learning rate is "auto"
   * @param earlier what is to be in it already
   */
  constructor(
    private readonly path: string,
    automatic = false,
    earlier?: string,
  ) {
    this.columns = automatic ? [...LOG_COLUMNS, ...CHOSEN_COLUMNS] : LOG_COLUMNS;
    this.file = writing(path, () => openSync(path, "w"));
    this.append(earlier ?? csvText(this.columns, []));
  }

  /** What was written. */
  get text(): string {
    return this.content;
  }

  /** Takes back what was written. */
  beginAgain(): void {
    writing(this.path, () => ftruncateSync(this.file, 0));
    this.length = 0;
    this.hash = createHash("sha256");
    this.content = "";
    this.append(csvText(this.columns, []));
  }

  write(row: LogRow): void {
    const cells = {
      epoch: row.epoch,
      step: row.step,
      training_seconds: Number(row.trainingSeconds.toFixed(6)),
      train_loss: row.trainLoss,
      validation_loss: row.validationLoss,
      test_loss: row.testLoss,
      learning_rate: row.chosen?.learningRate ?? null,
      momentum: row.chosen?.momentum ?? null,
    };
    this.append(csvText(this.columns, [cells], false));
  }

  close(): void {
    try {
      writing(this.path, () => fsyncSync(this.file));
    } finally {
      closeSync(this.file);
    }
  }

  /** SHA-256 of what was written. */
  get sha256(): string {
    return this.hash.copy().digest("hex");
  }

  /** All of a line or, on a full disk, none of it. */
  private append(line: string): void {
    const bytes = Buffer.from(line);
    writing(this.path, () => {
      try {
        for (let written = 0; written < bytes.length; ) {
          written += writeSync(this.file, bytes, written, bytes.length - written, this.length + written);
        }
        this.length += bytes.length;
        this.hash.update(bytes);
        this.content += line;
      } catch (error) {
        try {
          ftruncateSync(this.file, this.length);
        } catch {
          // Readers drop a cut line; the error that counts is the first.
        }
        throw error;
      }
    });
  }
}

/** Reads a run's CSV; a last line that a crash cut is dropped. */
export function readRunLog(path: string): LogRow[] {
  return parseRunLog(readFileSync(path, "utf8"), path);
}

/** The same of its text. */
export function parseRunLog(text: string, path: string): LogRow[] {
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  const automatic = CHOSEN_COLUMNS.some((column) => headerOf(whole).includes(column));
  const columns = automatic ? [...LOG_COLUMNS, ...CHOSEN_COLUMNS] : LOG_COLUMNS;
  return readCsv(whole, path, columns).map((cells) => {
    const value = (column: string): number => {
      const number = numberOf(cells[column], path, column);
      if (number === null) throw new RpBenchError("DATA_CORRUPT", `${path}: ${column} is empty`);
      return number;
    };
    return {
      epoch: value("epoch"),
      step: value("step"),
      trainingSeconds: value("training_seconds"),
      trainLoss: value("train_loss"),
      validationLoss: value("validation_loss"),
      testLoss: value("test_loss"),
      ...(automatic ? { chosen: chosenOf(cells, path) } : {}),
    };
  });
}

function headerOf(text: string): string[] {
  return text.slice(0, text.indexOf("\n")).split(",");
}

function chosenOf(
  cells: Record<string, string>,
  path: string,
): { learningRate: number; momentum: number } | null {
  const [learningRate, momentum] = CHOSEN_COLUMNS.map((column) => numberOf(cells[column], path, column));
  return learningRate === null || momentum === null ? null : { learningRate, momentum };
}
