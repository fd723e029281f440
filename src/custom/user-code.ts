// The user's own code may fail where nobody waits for it, in a promise that it left alone or in a timer, and it may wait
// for what never comes. Node would end the whole process; here it ends what the code was to do.

import { setImmediate as turn } from "node:timers/promises";

/** What may still act. The last is what worked last: a stray error is taken for its. */
const open = new Set<UserCode>();

function onStray(error: unknown): void {
  [...open].at(-1)?.fail(error);
}

export class UserCode {
  /** Of the work in hand or, between two, of the next. */
  private failure = failureToCome();

  constructor() {
    if (open.size === 0) process.on("unhandledRejection", onStray).on("uncaughtException", onStray);
    open.add(this);
  }

  /**
   * Waits for work and for what it left alone, but not for ever. `what` names the work.
   *
   * @throws what the work threw or left behind; an Error where nothing is left that could end it, or close was called
   */
  async run<T>(work: () => T | Promise<T>, what: string): Promise<T> {
    open.delete(this);
    open.add(this);
    const { failure } = this;
    // From a turn of the loop, so that Node looks again whether the next work ends.
    const never = () => setImmediate(() => failure.fail(new Error(`${what} never ended`)));
    process.on("beforeExit", never);
    try {
      const result = await Promise.race([work(), failure.promise]);
      await Promise.race([turn(), failure.promise]); // Node tells of a rejection after all that is ready
      this.failure = failureToCome();
      return result;
    } finally {
      process.off("beforeExit", never);
    }
  }

  fail(error: unknown): void {
    this.failure.fail(error);
  }

  /** Ends the work in hand. What it leaves behind in the same turn is of no interest. */
  close(): void {
    this.fail(new Error("it was stopped"));
    setImmediate(() => {
      if (open.delete(this) && open.size === 0)
        process.off("unhandledRejection", onStray).off("uncaughtException", onStray);
    });
  }
}

function failureToCome(): { promise: Promise<never>; fail(error: unknown): void } {
  let fail: (error: unknown) => void = () => {};
  const promise = new Promise<never>((_, reject) => {
    fail = reject;
  });
  promise.catch(() => {}); // the next work may never be
  return { promise, fail };
}
