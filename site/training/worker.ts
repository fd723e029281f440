// Trains one network with one optimizer, off the page's own thread: the project's training loop over its engine, whose
// kernels are WebAssembly.

import { z } from "zod";
import { scaleImages } from "../../src/data/batches.js";
import type { Images } from "../../src/data/load.js";
import type { TrainingSession } from "../../src/engines/engine.js";
import { createKernelEngine } from "../../src/engines/kernel-engine.js";
import { messageOf } from "../../src/errors.js";
import { createWasmKernels } from "../../src/kernels/wasm.js";
import { initialParameters } from "../../src/model/initialization.js";
import { reconstruct } from "../../src/model/reconstruct.js";
import { train } from "../../src/training/train.js";
import { Gate } from "./gate.js";
import { splitsOf } from "./images.js";
import type { Order, Report, Start } from "./messages.js";
import { evaluationInterval, SHOWN } from "./schedule.js";

// Its faster way to check is to write code, which the page's policy does not allow.
z.config({ jitless: true });

const gate = new Gate();
const stopped = new AbortController();
const tell = (report: Report) => postMessage(report);

addEventListener("message", ({ data }: MessageEvent<Order>) => {
  if (data.kind === "start") run(data).catch(fail);
  else if (data.kind === "pause") gate.close();
  else {
    if (data.kind === "stop") stopped.abort();
    gate.release();
  }
});

async function run({ module, images, problem, optimizer }: Start): Promise<void> {
  const { layerSizes, activation, batchSize, epochs, seed } = problem;
  const splits = splitsOf(images);
  const engine = createKernelEngine(createWasmKernels({ module }));
  const parameters = initialParameters(layerSizes, seed);
  const session = await engine.createSession({
    layerSizes,
    activation,
    optimizer,
    parameters,
    batchSize,
    seed,
  });
  const shown = shownImages(splits.test);
  let losses: number[] = [];
  let told = performance.now();
  const flush = () => {
    if (losses.length > 0) tell({ kind: "steps", losses });
    losses = [];
    told = performance.now();
  };
  try {
    const result = await train({
      session: gated(session),
      ...{ splits, batchSize, epochs, seed, signal: stopped.signal, clock: gate.clock },
      evalEvery: evaluationInterval(splits.train.count, batchSize),
      onStep(_, loss) {
        losses.push(loss);
        if (performance.now() - told > 50) flush();
      },
      onRow(row) {
        flush();
        const model = { layerSizes, activation, loss: "mse" as const, parameters: session.parameters() };
        tell({ kind: "row", row, shown: shown.map((image) => bytesOf(reconstruct(model, image))) });
      },
    });
    flush();
    const { status, reason, step, medianStepMilliseconds } = result;
    tell({ kind: "end", status, reason, step, stepMilliseconds: medianStepMilliseconds });
  } finally {
    session.dispose();
  }
}

/** A step waits while the run is paused. */
function gated(session: TrainingSession): TrainingSession {
  return {
    async step(batch) {
      await gate.passed();
      return session.step(batch);
    },
    evaluate: (images) => session.evaluate(images),
    parameters: () => session.parameters(),
    dispose: () => session.dispose(),
  };
}

function shownImages(test: Images): Float32Array[] {
  return Array.from({ length: Math.min(SHOWN, test.count) }, (_, index) => {
    const image = new Float32Array(test.size);
    scaleImages(test, [index], image);
    return image;
  });
}

const bytesOf = (image: readonly number[]) => Uint8ClampedArray.from(image, (value) => 255 * value);

function fail(error: unknown): void {
  tell({ kind: "end", status: "failed", reason: messageOf(error), step: 0, stepMilliseconds: null });
}
