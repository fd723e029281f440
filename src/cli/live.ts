// --serve of run and sweep: a live page beside the work.

import type { Command } from "commander";
import { RpBenchError } from "../errors.js";
import { type LivePage, startLivePage } from "../report/live/live-page.js";
import { runName } from "../results/run-name.js";
import type { StudyReporter } from "../sweep/study.js";
import type { Reporter } from "../training/benchmark.js";
import { decimal, note } from "./console.js";
import { duration } from "./study-console.js";

export interface ServeOptions {
  serve?: string | true;
}

export function addServeOption(command: Command): Command {
  return command.option(
    "--serve [port]",
    "Show a page on this machine alone while the command works, at this port. Its address is printed; it has what " +
      "report.html has, as the rows come, and a button that stops the command as Ctrl-C does. (default: no page; " +
      "without a number, any port that is free)",
  );
}

/** Does the work with a page beside it where one is asked for. */
export async function withLivePage<T>(
  { serve }: ServeOptions,
  place: { folder: string; dataDir: string | undefined },
  work: (page: LivePage | null) => Promise<T>,
): Promise<T> {
  if (serve === undefined) return work(null);
  // The button does what Ctrl-C does: whoever listens for the one hears the other.
  const stop = () => process.emit("SIGINT", "SIGINT");
  const page = await startLivePage({ ...place, port: portOf(serve) }, stop);
  note(`the live page is ${page.url}`);
  let words = `The command has ended with an error; what it wrote is in ${place.folder}.`;
  try {
    const result = await work(page);
    words = `The command has ended; what it wrote is in ${place.folder}.`;
    return result;
  } finally {
    await page.end(words);
  }
}

function portOf(serve: string | true): number {
  if (serve === true) return 0;
  const port = Number(serve);
  if (/^\d+$/.test(serve) && port <= 65_535) return port;
  throw new RpBenchError("USAGE", `--serve: must be a port from 0 to 65535, got "${serve}"`);
}

/** Tells the page of a run's progress, too. */
export function tellingOf(reporter: Reporter, page: LivePage | null, runs: number): Reporter {
  if (!page) return reporter;
  const began = performance.now();
  let [done, name, steps] = [0, "", 1];
  const tell = (step: number, loss: string) => {
    const share = (done + step / steps) / runs;
    const left = share > 0 ? ((performance.now() - began) / 1000) * (1 / share - 1) : null;
    const time = left === null || share >= 1 ? "" : `, about ${duration(left)} left`;
    page.progress({
      share,
      words: `${name}: step ${step} of ${steps}${loss}; run ${Math.min(done + 1, runs)} of ${runs}${time}`,
    });
  };
  return {
    ...reporter,
    runStart(entry, count, seed) {
      [name, steps] = [`${entry.label}, rate ${entry.learningRate}, seed ${seed}`, count];
      tell(0, "");
      reporter.runStart(entry, count, seed);
    },
    step(step, loss) {
      tell(step, `, loss ${decimal(loss)}`);
      reporter.step(step, loss);
    },
    row(row) {
      page.changed();
      reporter.row(row);
    },
    runEnd(record, kept, error) {
      done += 1;
      page.changed();
      reporter.runEnd(record, kept, error);
    },
  };
}

/** The same of a study. */
export function tellingOfStudy(reporter: StudyReporter, page: LivePage | null): StudyReporter {
  if (!page) return reporter;
  const atWork = new Map<number, string>();
  let left = { runs: 0, made: 0, seconds: 0 };
  const tell = () => {
    const { runs, made, seconds } = left;
    const some = atWork.size > 0 ? `; at work on ${[...atWork.values()].join(", ")}` : "";
    const words = `${made} of about ${made + runs} runs are made, about ${duration(seconds)} left${some}`;
    page.progress({ share: made / Math.max(1, made + runs), words });
  };
  return {
    ...reporter,
    plan(now) {
      left = now;
      tell();
      reporter.plan(now);
    },
    runStart(job, run) {
      atWork.set(job, runName(run));
      tell();
      reporter.runStart(job, run);
    },
    runEnd(job, run, record) {
      atWork.delete(job);
      page.changed();
      reporter.runEnd(job, run, record);
    },
  };
}
