// Where a run waits while it is paused. Time spent here is not training.

export class Gate {
  private waiting: Promise<void> | null = null;
  private open: () => void = () => {};
  private waited = 0;

  close(): void {
    if (this.waiting) return;
    this.waiting = new Promise((resolve) => {
      this.open = () => {
        this.waiting = null;
        resolve();
      };
    });
  }

  /** Lets go what waits; harmless where nothing does. */
  release(): void {
    if (this.waiting) this.open();
  }

  async passed(): Promise<void> {
    if (!this.waiting) return;
    const since = performance.now();
    await this.waiting;
    this.waited += performance.now() - since;
  }

  /** A clock that leaves out what was waited here, and not the end of a step during which the gate was closed. */
  readonly clock = (): number => performance.now() - this.waited;
}
