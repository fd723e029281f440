// One optimizer's run as the page sees it: its worker, and what came of it so far.

import type { Images } from "../../src/data/load.js";
import type { LogRow } from "../../src/results/run-log.js";
import type { Choice } from "./form.js";
import type { Order, Problem, Report } from "./messages.js";

export type State = "training" | "paused" | "done" | "diverged" | "failed" | "stopped";

export class Run {
  state: State = "training";
  reason: string | null = null;
  /** Of each step's batch, before its update. */
  readonly losses: number[] = [];
  readonly rows: LogRow[] = [];
  shown: Uint8ClampedArray[] = [];
  stepMilliseconds: number | null = null;
  private readonly worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });

  constructor(
    readonly choice: Choice,
    problem: Problem,
    module: WebAssembly.Module,
    images: Images,
    private readonly changed: () => void,
  ) {
    this.worker.addEventListener("message", ({ data }: MessageEvent<Report>) => this.hear(data));
    this.worker.addEventListener("error", ({ message }) => {
      this.end("failed", message || "its worker could not be loaded");
    });
    this.order({ kind: "start", module, images, problem, optimizer: choice.optimizer });
  }

  get isOver(): boolean {
    return this.state !== "training" && this.state !== "paused";
  }

  pause(): void {
    this.turnTo("paused", { kind: "pause" });
  }

  resume(): void {
    this.turnTo("training", { kind: "resume" });
  }

  /** What was trained so far stays. */
  stop(): void {
    if (!this.isOver) this.order({ kind: "stop" });
  }

  /** Without a farewell, for the next run. */
  discard(): void {
    this.worker.terminate();
  }

  private turnTo(state: State, order: Order): void {
    if (this.isOver) return;
    this.state = state;
    this.order(order);
    this.changed();
  }

  private order(order: Order): void {
    this.worker.postMessage(order);
  }

  private hear(report: Report): void {
    if (report.kind === "steps") this.losses.push(...report.losses);
    else if (report.kind === "row") {
      this.rows.push(report.row);
      this.shown = report.shown;
    } else {
      this.stepMilliseconds = report.stepMilliseconds;
      this.end(report.status === "interrupted" ? "stopped" : report.status, report.reason);
    }
    this.changed();
  }

  private end(state: State, reason: string | null): void {
    this.state = state;
    this.reason = reason;
    this.worker.terminate();
    this.changed();
  }
}
