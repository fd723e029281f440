// Where runs are made: here, processes of this machine. The study sees only the interface.

import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { messageOf, RpBenchError } from "../errors.js";
import { awakeMilliseconds } from "../pulse.js";
import type { LogRow } from "../results/run-log.js";
import type { WorkerReport, WorkerSetup } from "./messages.js";
import type { PlannedRun } from "./plan.js";

/** Told of a run while it is made. */
export interface RunListener {
  step(progress: { step: number; steps: number; loss: number }): void;
  /** It goes on after this step, to which another process brought it with these rows. */
  resume(step: number, rows: readonly LogRow[]): void;
  row(row: LogRow): void;
  warn(message: string): void;
}

/** How an attempt at a run ended; its outcome, if it was made, stands in the result folder. */
export type Attempt =
  | { kind: "made" }
  /** By another process; its name. */
  | { kind: "held"; by: string }
  /** What became of the process. */
  | { kind: "crashed"; reason: string; step: number }
  | { kind: "timed-out"; step: number };

/** Whether a run takes too long is looked at so often. */
const LOOK_MILLISECONDS = 100;

/** Makes one run at a time. */
export interface Executor {
  /** @throws RpBenchError for what concerns every run */
  run(planned: PlannedRun, timeoutSeconds: number | null, listener: RunListener): Promise<Attempt>;
  /** Ends the run in progress. */
  stop(): void;
}

/** A child process, started when it is needed and again when it died. */
export class ProcessExecutor implements Executor {
  private child: ChildProcess | null = null;

  constructor(private readonly setup: WorkerSetup) {}

  run(planned: PlannedRun, timeoutSeconds: number | null, listener: RunListener): Promise<Attempt> {
    let child: ChildProcess;
    try {
      child = this.child ?? this.begin();
    } catch (error) {
      return Promise.resolve({
        kind: "crashed",
        reason: `no process could be had (${messageOf(error)})`,
        step: 0,
      });
    }
    return new Promise((resolve, reject) => {
      let step = 0;
      let timedOut = false;
      // Begun anew when the run begins: loading the data is not its time, but may hold as well. While this process is
      // stopped, or the machine asleep, the run is not making progress either.
      let since = awakeMilliseconds();
      const timer =
        timeoutSeconds === null
          ? null
          : setInterval(() => {
              if (awakeMilliseconds() - since < timeoutSeconds * 1000) return;
              timedOut = true;
              this.stop();
            }, LOOK_MILLISECONDS);
      const settle = (act: () => void) => {
        if (timer) clearInterval(timer);
        child.off("message", onMessage).off("exit", onExit).off("error", onError);
        act();
      };
      const crash = (reason: string) => settle(() => resolve({ kind: "crashed", reason, step }));
      const onMessage = (message: unknown) => {
        const report = message as WorkerReport; // the worker is ours
        switch (report.kind) {
          case "begin":
            since = awakeMilliseconds();
            break;
          case "step":
            step = report.step;
            listener.step(report);
            break;
          case "resume":
            step = report.step;
            listener.resume(step, report.rows);
            break;
          case "warning":
            listener.warn(report.message);
            break;
          case "row":
            listener.row(report.row);
            break;
          case "fatal":
            settle(() => reject(new RpBenchError(report.code, report.message)));
            break;
          default:
            settle(() => resolve(report));
        }
      };
      const onExit = (code: number | null, signal: string | null) => {
        if (timedOut) settle(() => resolve({ kind: "timed-out", step }));
        else crash(`its process ended ${signal ? `by ${signal}` : `with exit code ${code}`}`);
      };
      const onError = (error: Error) => crash(messageOf(error));
      child.on("message", onMessage).on("exit", onExit).on("error", onError);
      child.send({ setup: this.setup, run: planned }, (error) => {
        if (error && (child.exitCode !== null || child.signalCode !== null))
          crash(`its process had ended (${messageOf(error)})`);
        else if (error) child.kill("SIGKILL"); // its exit is what counts
      });
    });
  }

  stop(): void {
    this.child?.kill("SIGKILL");
    this.child = null;
  }

  /** A process that ends, whenever it does, is not used again. */
  private begin(): ChildProcess {
    const child = fork(fileURLToPath(new URL("worker.js", import.meta.url)), [], {
      execArgv: [],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    this.child = child;
    const forget = () => {
      if (this.child === child) this.child = null;
    };
    return child.on("exit", forget).on("error", forget);
  }
}
