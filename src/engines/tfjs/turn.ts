/**
 * TensorFlow.js has one backend at a time for the whole process, so whoever needs one takes a turn, and sets it at the
 * turn's beginning. To load a backend is a turn too: TensorFlow.js drops an initialization that another overtakes.
 */
let last: Promise<unknown> = Promise.resolve();

export function inTurn<T>(work: () => Promise<T> | T): Promise<T> {
  const result = last.then(work);
  last = result.catch(() => undefined);
  return result;
}
