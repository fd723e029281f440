const nothing = new Int32Array(new SharedArrayBuffer(4));

/** Waits without giving the event loop its turn; for moments alone. */
export function pauseSync(milliseconds: number): void {
  Atomics.wait(nothing, 0, 0, milliseconds);
}
