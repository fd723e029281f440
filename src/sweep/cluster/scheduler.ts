// Where tasks of a study are run. An implementer is not responsible for what a task does, for results, for trying again or
// for telling the user: it hands tasks over, says what became of them, and ends them. See docs/cluster.md.

/** How a task stands, as far as its scheduler knows. */
export type TaskState =
  | { kind: "waiting" | "running" }
  /** It is being ended; what it comes to is not known yet. */
  | { kind: "ending" }
  /** It ended and says that its run is made. */
  | { kind: "done" }
  /** It ended otherwise, in the scheduler's words: by somebody's wish, by no fault of the task, or for all that is known by one. */
  | { kind: "ended"; how: string; cause: "cancelled" | "surroundings" | "task" };

/** Tasks that are handed over at once; their numbers follow each other. */
export interface Batch {
  first: number;
  count: number;
  /** Each is to have a machine for itself: this one, or any where it is null. */
  alone: { host: string | null } | null;
}

export interface Scheduler {
  /** For people, with a capital letter: "Slurm". */
  readonly title: string;
  /** Tasks of one batch. */
  readonly mostTasks: number;
  /** Whether tasks go on when the command ends that handed them over. */
  readonly outlives: boolean;

  /**
   * Has each task run `rp-bench worker --study <folder> --task <number>`, what it prints going to the task's log.
   *
   * @returns `full` with its words where the scheduler takes no more tasks for now; "unknown" where it did not answer, so
   * that it may have them or not
   * @throws RpBenchError EXECUTOR_REFUSED where it will never take them
   */
  submit(batch: Batch): Promise<"accepted" | "unknown" | { full: string }>;

  /** By their numbers the study's tasks that it knows of, also those of earlier commands; null where it does not answer. */
  tasks(): Promise<Map<number, TaskState> | null>;

  /** Ends every task of the study. */
  cancel(): Promise<void>;
}
