import { MultiBar, type SingleBar } from "cli-progress";
import { runName } from "../results/run-name.js";
import type { StudyReporter } from "../sweep/study.js";
import { counted, decimal, isTerminal } from "./console.js";

/** Progress of a study on stderr: a line a job and one for all on a terminal, a line for each finished run elsewhere. */
export function createStudyReporter(quiet: boolean): StudyReporter {
  let bars: StudyBars | null = null;
  let state = { runs: 0, made: 0, seconds: 0 };
  const note = (text: string) => {
    if (bars) bars.log(text);
    else process.stderr.write(`${text}\n`);
  };
  const warn = (message: string) => note(`rp-bench: warning: ${message}`);
  if (quiet) {
    const nothing = { start() {}, plan() {}, runStart() {}, resume() {}, step() {}, row() {} };
    return { warn, ...nothing, runEnd() {}, stop() {} };
  }
  let begun = false;
  return {
    warn,
    start({ titles, engine, jobs, place, folder }) {
      const makers = place ? `${place} has tasks` : counted(jobs, "job");
      const threads = `${makers} of ${counted(engine.threads, "thread")}`;
      note(`${titles.join("; ")}; engine ${engine.name} (${engine.instructionSet}), ${threads}`);
      note(`results in ${folder}`);
      if (isTerminal()) bars = new StudyBars(jobs);
    },
    plan(left) {
      state = left;
      if (!begun) {
        begun = true;
        note(`${left.made} runs are made, about ${left.runs} to go: about ${duration(left.seconds)}`);
      }
      bars?.total(left);
    },
    runStart: (job, run) => bars?.start(job, runName(run)),
    resume: (_, run, step) => note(`${runName(run)}: goes on from its checkpoint at step ${step}`),
    step: (job, { step, steps, loss }) => bars?.step(job, step, steps, loss),
    row() {},
    runEnd(job, run, record) {
      bars?.end(job);
      if (!record) return;
      const { status, reason, step } = record;
      const how = status === "done" ? "done" : `${status} at step ${step}${reason ? `: ${reason}` : ""}`;
      if (!bars || status === "failed" || status === "timed_out") {
        const count = `${state.made} of about ${state.made + state.runs}`;
        note(`${runName(run)} (${run.role}): ${how} [${count}, about ${duration(state.seconds)} left]`);
      }
    },
    stop() {
      bars?.stop();
      bars = null;
    },
  };
}

/** 45 s, 12 min, 3 h 20 min */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

class StudyBars {
  private readonly bars: MultiBar;
  private readonly all: SingleBar;
  private readonly jobs: SingleBar[];

  constructor(jobs: number) {
    const columns = process.stderr.columns || 80;
    this.bars = new MultiBar({
      ...{ stream: process.stderr, fps: 5, hideCursor: true, clearOnComplete: true, gracefulExit: false },
      ...{ barsize: Math.max(4, Math.min(20, columns - 70)), linewrap: false },
      ...{ barCompleteChar: "█", barIncompleteChar: "░" },
    });
    this.jobs = Array.from({ length: jobs }, () =>
      this.bars.create(1, 0, { name: "–", loss: "–" }, { format: "[{bar}] {name} | loss {loss}" }),
    );
    this.all = this.bars.create(
      1,
      0,
      { left: "–" },
      { format: "[{bar}] {value} of about {total} runs | {left} left" },
    );
  }

  start(job: number, name: string): void {
    this.jobs[job].update(0, { name, loss: "–" });
  }
  step(job: number, step: number, steps: number, loss: number): void {
    this.jobs[job].setTotal(steps);
    this.jobs[job].update(step, { loss: decimal(loss) });
  }
  end(job: number): void {
    this.jobs.at(job)?.update(0, { name: "–", loss: "–" });
  }
  total({ made, runs, seconds }: { made: number; runs: number; seconds: number }): void {
    this.all.setTotal(made + runs);
    this.all.update(made, { left: duration(seconds) });
  }
  log(text: string): void {
    this.bars.log(`${text}\n`);
  }
  stop(): void {
    this.bars.stop();
  }
}
