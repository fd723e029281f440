// The event loop's turn, in Node and in a browser, where nothing is called setImmediate.

/** Resolves after the event loop has had its turn: what waits there, messages and signals, is heard. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") setImmediate(resolve);
    else throughChannel(resolve);
  });
}

/** A timer would wait for 4 milliseconds where one follows another. */
function throughChannel(resolve: () => void): void {
  const { port1, port2 } = new MessageChannel();
  const heard = () => {
    port1.close();
    resolve();
  };
  port1.addEventListener("message", heard);
  port1.start();
  port2.postMessage(null);
}
