// Where a run waits while it is paused. Time spent here is not training.

export class Gate {
  private waiting: Promise<void> | null = null;
  private open: () => void = () => {};
  private waited = 0;

  close(): void {
    if (this.waiting) return;
    const since = performance.now();
    this.waiting = new Promise((resolve) => {
      this.open = () => {
        this.waiting = null;
        this.waited += performance.now() - since;
        resolve();
      };
    });
  }

  /** Lets go what waits; harmless where nothing does. */
  release(): void {
    if (this.waiting) this.open();
  }

  async passed(): Promise<void> {
    await this.waiting;
  }

  /** A clock that stands still while the gate is closed. */
  readonly clock = (): number => performance.now() - this.waited;
}
