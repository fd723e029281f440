import { SingleBar } from "cli-progress";
import { nameOfEntry } from "../config/entry-names.js";
import type { OptimizerEntry } from "../config/schema.js";
import { nativeBuild } from "../kernels/addon.js";
import { displayName } from "../optimizers/display-name.js";
import type { LogRow } from "../results/run-log.js";
import type { RunRecord } from "../results/run-record.js";
import type { Reporter } from "../training/benchmark.js";

/** A line on stderr. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

export function warn(message: string): void {
  note(`rp-bench: warning: ${message}`);
}

/** Of a run that was made, but whose files are no longer there to show for it. */
export function goneText(name: string): string {
  return `${name}: its files went away or changed while the command worked; the same command makes it again`;
}

/** Progress on stderr: a bar on a terminal, a line for each evaluation elsewhere, warnings and failures alone when quiet. */
export function createReporter({ quiet, verbose }: { quiet: boolean; verbose: boolean }): Reporter {
  const terminal = isTerminal();
  if (quiet) {
    const nothing = { start() {}, runStart() {}, resume() {}, step() {}, row() {}, stop() {} };
    // The table says that a run failed, but nothing else says why.
    const runEnd = (record: RunRecord) => {
      if (record.status === "failed") note(endLine(record, false, `, seed ${record.seed}`));
    };
    return { warn, ...nothing, runEnd };
  }

  let title = "";
  /** What tells runs of one optimizer apart; nothing where each has one. */
  let seedWords = (_seed: number) => "";
  let bar: ProgressBar | null = null;
  return {
    warn,
    start({ dataset, splits, engine, folder, seeds }) {
      if (seeds.length > 1) seedWords = (seed) => `, seed ${seed}`;
      const counts = [splits.train, splits.validation, splits.test].map(({ count }) => count).join(" + ");
      note(`${dataset.title}: ${counts} images to train, validate and test, from ${dataset.location.folder}`);
      const threads = counted(engine.threads, "thread");
      note(`engine ${engine.name} (${engine.instructionSet}, ${threads}), results in ${folder}`);
      if (verbose && engine.name === "native") note(kernelsLine());
      if (verbose) note(`node ${process.version}, SHA-256 ${Object.values(dataset.checksums).join(" ")}`);
    },
    runStart(entry, steps, seed) {
      title = `${titleOf(entry)}${seedWords(seed)}`;
      bar = terminal ? new ProgressBar(title, steps) : null;
    },
    resume(step) {
      bar?.resume(step);
      if (!bar) note(`${title}: goes on from its checkpoint at step ${step}`);
    },
    step: (step, loss) => bar?.update(step, loss),
    row(row) {
      if (!bar) note(rowLine(title, row));
    },
    runEnd(record, kept, error) {
      bar?.stop();
      bar = null;
      note(endLine(record, kept, seedWords(record.seed)));
      if (verbose && error instanceof Error) note(stackOf(error));
    },
    stop: () => bar?.stop(),
  };
}

function kernelsLine(): string {
  const { path, origin, passedOver } = nativeBuild();
  return `kernels ${origin}: ${path}${passedOver ? ` (${passedOver})` : ""}`;
}

function titleOf(entry: OptimizerEntry): string {
  return `${nameOfEntry(entry)}, rate ${entry.learningRate}`;
}

function rowLine(title: string, { epoch, step, trainLoss, validationLoss, testLoss }: LogRow): string {
  const losses = `train ${decimal(trainLoss)} validation ${decimal(validationLoss)} test ${decimal(testLoss)}`;
  return `${title}: epoch ${Number(epoch.toFixed(2))} (step ${step}): ${losses}`;
}

function endLine(record: RunRecord, kept: boolean, seed: string): string {
  const { learningRate, status, reason, step } = record;
  const why = reason ? `: ${reason}` : "";
  return `${displayName(record)}, rate ${learningRate}${seed}: ${kept ? "kept, " : ""}${status} at step ${step}${why}`;
}

export function decimal(loss: number): string {
  return loss >= 1e-3 && loss < 1e4 ? loss.toPrecision(4) : loss.toExponential(3);
}

/** Progress of a download: a bar with rate and time left on a terminal, a line at the end of each file elsewhere. */
export function createTransferReporter(quiet: boolean) {
  const terminal = isTerminal();
  let bar: SingleBar | null = null;
  let current = "";
  let started = 0;
  let first = 0;
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(bytes < 1e6 ? 3 : 1);
  const stop = () => {
    bar?.stop();
    bar = null;
  };
  return {
    note: (message: string) => process.stderr.write(`rp-bench: ${message}\n`),
    progress(name: string, received: number, total: number) {
      if (quiet) return;
      if (!terminal) {
        if (received === total) process.stderr.write(`${name}: ${megabytes(total)} MB\n`);
        return;
      }
      if (name !== current) {
        stop();
        current = name;
        bar = new SingleBar({
          format: `${name} [{bar}] {percentage}% of ${megabytes(total)} MB | {speed} MB/s | {left} s left`,
          ...{
            stream: process.stderr,
            barsize: 16,
            fps: 5,
            hideCursor: true,
            gracefulExit: false,
          },
        });
        bar.start(total, received, { speed: "–", left: "–" });
        started = performance.now();
        first = received;
      }
      const seconds = (performance.now() - started) / 1000;
      const speed = (received - first) / seconds;
      const known = seconds > 0.2 && speed > 0;
      bar?.update(received, {
        speed: known ? megabytes(speed) : "–",
        left: known ? Math.ceil((total - received) / speed) : "–",
      });
    },
    stop,
  };
}

/** "1 job", "2 jobs" */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

export function isTerminal(): boolean {
  return process.stderr.isTTY === true && process.env.TERM !== "dumb";
}

export function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by: ${stackOf(error.cause)}` : "";
  return `${error.stack}${cause}`;
}

/** Redrawn a few times a second; loss is that of the last batch. */
class ProgressBar {
  private readonly bar: SingleBar;
  private start: number | null = null;
  /** The step before the first that it is told of. */
  private before = 0;

  constructor(title: string, steps: number) {
    const columns = process.stderr.columns || 80;
    const count = columns >= 110 ? " | step {value}/{total}" : "";
    this.bar = new SingleBar({
      format: `${title} [{bar}] {percentage}%${count} | loss {loss} | {rate} steps/s | {left} left`,
      stream: process.stderr,
      barsize: Math.max(4, Math.min(24, columns - title.length - 56 - (count ? 20 : 0))),
      fps: 5,
      hideCursor: true,
      clearOnComplete: true,
      barCompleteChar: "█",
      barIncompleteChar: "░",
      gracefulExit: false,
    });
    this.bar.start(steps, 0, { loss: "–", rate: "–", left: "–" });
  }

  resume(step: number): void {
    this.before = step;
  }

  update(step: number, loss: number): void {
    this.start ??= performance.now(); // after the first step, the evaluation of step 0 behind it
    const seconds = (performance.now() - this.start) / 1000;
    if (step < this.before + 2) return;
    const rate = (step - this.before - 1) / seconds;
    const left = Math.round((this.bar.getTotal() - step) / rate);
    this.bar.update(step, {
      loss: decimal(loss),
      rate: rate < 10 ? rate.toPrecision(2) : Math.round(rate),
      left: left >= 60 ? `${Math.ceil(left / 60)} min` : `${left} s`,
    });
  }

  stop(): void {
    this.bar.stop();
  }
}
