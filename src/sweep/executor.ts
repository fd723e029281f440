// Where runs are made: here, processes of this machine. The study sees only the interface.

import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { RpBenchError } from "../errors.js";
import type { WorkerReport, WorkerSetup } from "./messages.js";
import type { PlannedRun } from "./plan.js";

export type StepListener = (progress: { step: number; steps: number; loss: number }) => void;

/** How an attempt at a run ended; its outcome, if it was made, stands in the result folder. */
export type Attempt =
  | { kind: "made" }
  | { kind: "held" }
  /** What became of the process. */
  | { kind: "crashed"; reason: string }
  | { kind: "timed-out"; step: number };

/** Makes one run at a time. */
export interface Executor {
  /** @throws RpBenchError for what concerns every run */
  run(planned: PlannedRun, timeoutSeconds: number | null, onStep: StepListener): Promise<Attempt>;
  /** Ends the run in progress. */
  stop(): void;
}

/** A child process, started when it is needed and again when it died. */
export class ProcessExecutor implements Executor {
  private child: ChildProcess | null = null;

  constructor(private readonly setup: WorkerSetup) {}

  run(planned: PlannedRun, timeoutSeconds: number | null, onStep: StepListener): Promise<Attempt> {
    this.child ??= fork(fileURLToPath(new URL("worker.js", import.meta.url)), [], {
      execArgv: [],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    const child = this.child;
    return new Promise((resolve, reject) => {
      let step = 0;
      let timedOut = false;
      // Begun anew when the run begins: loading the data is not its time, but may hold as well.
      const timer =
        timeoutSeconds === null
          ? null
          : setTimeout(() => {
              timedOut = true;
              child.kill("SIGKILL");
            }, timeoutSeconds * 1000);
      const settle = (act: () => void) => {
        if (timer) clearTimeout(timer);
        child.off("message", onMessage).off("exit", onExit).off("error", onError);
        act();
      };
      const onMessage = (message: unknown) => {
        const report = message as WorkerReport; // the worker is ours
        if (report.kind === "begin") {
          timer?.refresh();
        } else if (report.kind === "step") {
          step = report.step;
          onStep(report);
        } else if (report.kind === "fatal") {
          settle(() => reject(new RpBenchError(report.code, report.message)));
        } else {
          settle(() => resolve({ kind: report.kind }));
        }
      };
      const onExit = (code: number | null, signal: string | null) => {
        this.child = null;
        const reason = `its process ended ${signal ? `by ${signal}` : `with exit code ${code}`}`;
        settle(() => resolve(timedOut ? { kind: "timed-out", step } : { kind: "crashed", reason }));
      };
      const onError = (error: Error) => {
        this.child = null;
        settle(() => resolve({ kind: "crashed", reason: error.message }));
      };
      child.on("message", onMessage).on("exit", onExit).on("error", onError);
      child.send({ setup: this.setup, run: planned }, (error) => {
        if (error) child.kill("SIGKILL"); // its exit is what counts
      });
    });
  }

  stop(): void {
    this.child?.kill("SIGKILL");
    this.child = null;
  }
}
