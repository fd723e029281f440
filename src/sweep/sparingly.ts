/** Work is followed by so many times its own duration without it. */
const PAUSE = 20;

/** Does work whose cost grows with the study only so often that it takes no more than a twentieth of the time. */
export class Sparingly {
  private next = 0;

  do(work: () => void): void {
    const begun = performance.now();
    if (begun < this.next) return;
    work();
    const ended = performance.now();
    this.next = ended + PAUSE * (ended - begun);
  }
}
