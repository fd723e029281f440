// Optimizers of the user's own, step by step: their trajectory, the loss they report, what happens when they go wrong.

import { rmSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { complaintOf } from "../../src/custom/complaint.js";
import type { UpdateSession } from "../../src/custom/custom-optimizer.js";
import { CustomSession } from "../../src/custom/custom-session.js";
import { moduleAt } from "../../src/custom/options.js";
import {
  type CustomSettings,
  type CustomUpdate,
  createEngine,
  type EngineName,
  initialParameters,
  type OptimizerOptions,
  type Session,
} from "../../src/index.js";
import type { LogRow } from "../../src/results/run-log.js";
import { startSession } from "../../src/training/run.js";
import { train } from "../../src/training/train.js";
import { expectClose, expectSame } from "../support/compare.js";
import { moduleOf } from "../support/module.js";
import { randomValues } from "../support/random.js";

const layerSizes = [30, 12, 5, 12, 30];
const batchSize = 8;
const batchOf = (seed: number) => Float32Array.from(randomValues(batchSize * 30, seed, 0, 1));

// Each by its published rule, over the public session.
const ADAM = `export default {
  settings: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
  create({ learningRate, settings: { beta1, beta2, epsilon }, parameterCount }) {
    const [m, v] = [new Float32Array(parameterCount), new Float32Array(parameterCount)];
    let t = 0;
    return async (session, batch) => {
      const g = await session.gradient(batch);
      t++;
      session.setParameters(session.parameters().map((w, i) => {
        m[i] = beta1 * m[i] + (1 - beta1) * g[i];
        v[i] = beta2 * v[i] + (1 - beta2) * g[i] ** 2;
        return w - learningRate * (m[i] / (1 - beta1 ** t)) / (Math.sqrt(v[i] / (1 - beta2 ** t)) + epsilon);
      }));
    };
  },
};`;
const SGD = `export default {
  settings: { momentum: 0 },
  create({ learningRate, settings: { momentum }, parameterCount }) {
    const v = new Float32Array(parameterCount);
    return async (session, batch) => {
      const { gradient } = await session.lossAndGradient(batch);
      for (let i = 0; i < v.length; i++) v[i] = momentum * v[i] + gradient[i];
      session.setParameters(session.parameters().map((w, i) => w - learningRate * v[i]));
    };
  },
};`;
const RP = `export default {
  create: ({ learningRate }) => async (session, batch) => {
    const [g, h] = await Promise.all([session.gradient(batch), session.curvature(batch)]);
    session.setParameters(session.parameters().map((w, i) => (h[i] === 0 ? w : w - (learningRate * g[i]) / h[i])));
  },
};`;

const engines: [EngineName, object][] = [
  ["native", { threads: 2 }],
  ["reference", {}],
  ["tfjs", { backend: "cpu" }],
];
const STEPS = 30;

describe.each(engines)("on %s", (name, engineOptions) => {
  it.each<[string, string, OptimizerOptions & { learningRate: number }, CustomSettings]>([
    ["Adam", ADAM, { name: "adam", learningRate: 1e-3, beta2: 0.99 }, { beta2: 0.99 }],
    ["SGD with momentum", SGD, { name: "sgd", learningRate: 0.5, momentum: 0.9 }, { momentum: 0.9 }],
    ["RP", RP, { name: "rp", learningRate: 2 }, {}],
  ])("%s as a module follows the built-in one", async (_, source, builtIn, settings) => {
    const engine = await createEngine(name, engineOptions);
    const shared = { layerSizes, batchSize, seed: 3 };
    const optimizer = moduleOf(source, builtIn.learningRate, settings);
    const [own, theirs] = [
      await startSession(engine, { ...shared, optimizer }),
      await startSession(engine, { ...shared, optimizer: builtIn }),
    ];
    const losses: number[] = [];
    for (let step = 0; step < STEPS; step++) {
      const batch = batchOf(step % 3);
      const [a, b] = [await own.step(batch), await theirs.step(batch)];
      losses.push(a.loss);
      expect(a.parametersFinite).toBe(true);
      // A step rounds each parameter to float32 once or twice more or less (6e-8 each); at these rates errors do not
      // grow, so at worst they add up.
      expect(Math.abs(a.loss / b.loss - 1), `step ${step}`).toBeLessThanOrEqual(1e-6 * step);
    }
    expect(losses[STEPS - 3]).toBeLessThan(0.98 * losses[0]); // of the same batch
    expectClose(own.parameters(), theirs.parameters(), 1e-6 * STEPS, "parameters");
    own.dispose();
    theirs.dispose();
  });
});

/** A session on the native engine under an update, and how often each of its calls was made. */
async function watched(update: CustomUpdate) {
  const engine = await createEngine("native", { threads: 1 });
  const parameters = initialParameters(layerSizes, 1);
  const inner = await engine.createSession({
    ...{ layerSizes, batchSize, parameters, optimizer: { name: "sgd", learningRate: 1 } },
  });
  const calls: string[] = [];
  const counted = new Proxy(inner, {
    get(target, key: keyof Session) {
      const method = target[key] as (...args: unknown[]) => unknown;
      return (...args: unknown[]) => {
        calls.push(key);
        return method.apply(target, args);
      };
    },
  });
  return { session: new CustomSession(counted, update, { file: "mine.mjs" }), inner, calls };
}

describe("the loss of a step", () => {
  const batch = batchOf(1);
  const other = batchOf(2);
  const half = (array: ArrayLike<number>) => Float32Array.from(array, (w) => w / 2);

  it.each<[string, number, CustomUpdate]>([
    ["its gradient", 0, async (session) => void (await session.gradient(batch))],
    ["its own evaluation", 1, async (session) => void (await session.evaluate(batch))],
    ["nothing asked", 1, () => {}],
    ["another batch's gradient", 1, async (session) => void (await session.gradient(other))],
    ["a change without derivatives", 1, (session) => session.setParameters(half(session.parameters()))],
    [
      "a gradient elsewhere, and a change after it",
      1,
      async (session) => {
        const start = session.parameters();
        session.setParameters(start.map((w) => 3 * w));
        await session.gradient(batch);
        session.setParameters(half(start));
      },
    ],
    [
      "the gradient of what it made of its batch",
      1,
      async (session, handed) => {
        handed.fill(0);
        await session.gradient(handed);
      },
    ],
    [
      "its own evaluation of what it made of its batch",
      2,
      async (session, handed) => {
        handed.fill(0);
        await session.evaluate(handed);
      },
    ],
    [
      "a gradient here, then one elsewhere",
      0,
      async (session) => {
        await session.gradient(batch);
        session.setParameters(half(session.parameters()));
        await session.gradient(batch);
        await session.gradient(other);
      },
    ],
  ])("is the batch's before the update: %s", async (_, evaluations, update) => {
    const { session, inner, calls } = await watched(update);
    const before = await inner.evaluate(batch);
    const start = inner.parameters();
    const { loss } = await session.step(batch);
    expect(loss).toBe(before);
    expectSame(batch, batchOf(1), "batch");
    expect(calls.filter((call) => call === "evaluate")).toHaveLength(evaluations);
    expectSame(session.parameters(), calls.includes("setParameters") ? half(start) : start, "parameters");
  });
});

describe("an update that keeps the session of its first step", () => {
  const batches = [batchOf(1), batchOf(2), batchOf(3)];
  const keeping = (change: (w: number, g: number) => number): CustomUpdate => {
    let kept: UpdateSession | undefined;
    return async (session, batch) => {
      kept ??= session;
      const g = await kept.gradient(batch);
      kept.setParameters(kept.parameters().map((w, i) => change(w, g[i])));
    };
  };

  it("has the loss of every step", async () => {
    const { session, inner, calls } = await watched(keeping((w, g) => w - g));
    for (const batch of batches) {
      const before = await inner.evaluate(batch);
      expect((await session.step(batch)).loss).toBe(before);
    }
    expect(calls).not.toContain("evaluate"); // the gradients told
  });

  it("is seen to diverge", async () => {
    let steps = 0;
    const { session } = await watched(keeping((w) => (steps > 1 ? Number.NaN : w)));
    const finite: boolean[] = [];
    for (const batch of batches) {
      steps++;
      finite.push((await session.step(batch)).parametersFinite);
    }
    expect(finite).toEqual([true, false, false]);
  });

  it("cannot use it between two steps", async () => {
    let kept: UpdateSession | undefined;
    const { session } = await watched((inside) => {
      kept = inside;
    });
    await session.step(batches[0]);
    const message = "the session is for use inside an update alone";
    expect(() => kept?.setParameters(session.parameters())).toThrow(message);
    await expect(kept?.gradient(batches[0])).rejects.toThrow(message);
  });
});

describe("an update that goes wrong", () => {
  const batch = batchOf(1);

  it("is told of without the folders of this machine", async () => {
    const optimizer = moduleOf('export default { create: () => () => import("./absent.mjs") };', 1);
    const engine = await createEngine("native", { threads: 1 });
    const start = () => startSession(engine, { layerSizes, batchSize, seed: 0, optimizer });
    const session = await start();
    const failed = await session.step(batch).catch((error: Error) => error);
    expect(failed).toMatchObject({
      code: "OPTIMIZER_FAILED",
      message: expect.stringContaining("absent.mjs"),
    });
    session.dispose();
    rmSync(optimizer.path);
    const gone = await start().catch((error: Error) => error);
    expect(gone).toMatchObject({ code: "CONFIG_INVALID", message: expect.stringContaining("no such file") });
    for (const error of [failed, gone]) expect(String(error)).not.toContain(dirname(optimizer.path));
  });

  it.each<[string, CustomUpdate, string]>([
    [
      "throws",
      () => {
        throw new Error("no\nidea");
      },
      "mine.mjs: no idea",
    ],
    [
      "throws later",
      async (session) => {
        await session.gradient(batch);
        throw new Error("late");
      },
      "mine.mjs: late",
    ],
    [
      "throws what is no error",
      () => {
        throw "text";
      },
      "mine.mjs: text",
    ],
    [
      "sets other parameters",
      (session) => session.setParameters(new Float32Array(3)),
      "mine.mjs: parameters: must have 899 values, got 3",
    ],
    [
      "does not wait",
      (session) => void session.gradient(batch).then((g) => session.setParameters(g)),
      "mine.mjs: the update ended before its calls of the session; await them",
    ],
    [
      "changes parameters while it asks",
      async (session) => {
        const gradient = session.gradient(batch);
        try {
          session.setParameters(session.parameters());
        } finally {
          await gradient;
        }
      },
      "mine.mjs: a call of this session is under way; await it before touching the parameters",
    ],
  ])("%s", async (_, update, message) => {
    const { session } = await watched(update);
    await expect(session.step(batch)).rejects.toMatchObject({ code: "OPTIMIZER_FAILED", message });
    session.dispose();
  });
});

describe("train", () => {
  const images = { count: 40, size: 30, pixels: Uint8Array.from(randomValues(1200, 1, 0, 255)) };
  const splits = { train: images, validation: images, test: images };
  const run = async (source: string, learningRate: number, activation: "tanh" | "relu" = "tanh") => {
    const engine = await createEngine("native", { threads: 1 });
    const optimizer = moduleOf(source, learningRate);
    const session = await startSession(engine, { layerSizes, activation, optimizer, batchSize, seed: 0 });
    const rows: LogRow[] = [];
    const { signal } = new AbortController();
    const result = await train({
      ...{ session, splits, batchSize, epochs: 2, seed: 0, evalEvery: null, signal },
      onRow: (row) => rows.push(row),
    });
    session.dispose();
    return { result, rows };
  };

  it("finds divergence at the very step, as of a built-in optimizer", async () => {
    // Step 1 makes parameters of some 1e24, finite; the gradient of step 2 times 1e25 is then beyond 3e38.
    const parameters = await run(SGD, 1e25);
    expect(parameters.result).toMatchObject({
      status: "diverged",
      step: 2,
      reason: "a parameter is not finite",
    });
    const loss = await run(SGD, 1e25, "relu");
    expect(loss.result).toMatchObject({ status: "diverged", step: 2 });
    expect(loss.result.reason).toMatch(/^the batch loss is (NaN|Infinity)$/);
    for (const { rows } of [parameters, loss]) expect(rows.map(({ step }) => step)).toEqual([0]);
  });

  it("calls a run failed whose update throws, with its rows and the module's name", async () => {
    const { result, rows } = await run(
      `let step = 0;
      export default { create: () => (session) => { if (++step === 7) throw new RangeError("seven"); } };`,
      1,
    );
    expect(result).toMatchObject({ status: "failed", step: 6, reason: "mine.mjs: seven" });
    expect(rows.map(({ step }) => step)).toEqual([0, 5]);
  });

  it("is interrupted in an update that never ends", async () => {
    const controller = new AbortController();
    const { session } = await watched(() => {
      controller.abort();
      return new Promise(() => {});
    });
    const result = await train({
      ...{ session, splits, batchSize, epochs: 2, seed: 0, evalEvery: null, signal: controller.signal },
      onRow: () => undefined,
    });
    expect(result).toMatchObject({ status: "interrupted", step: 0 });
  });

  it("is interrupted in an update, whatever that makes of its session's end", async () => {
    const controller = new AbortController();
    let steps = 0;
    const { session } = await watched(async (inside, batch) => {
      if (++steps === 3) controller.abort();
      await inside.gradient(batch).catch(() => {
        throw new Error("mine");
      });
    });
    const result = await train({
      ...{ session, splits, batchSize, epochs: 2, seed: 0, evalEvery: null, signal: controller.signal },
      onRow: () => undefined,
    });
    expect(result).toMatchObject({ status: "interrupted", step: 2 });
  });
});

describe("complaintOf", () => {
  it("names files from the module's folder, whatever the text around them", () => {
    const told = (text: string) => complaintOf(new Error(text), "/home/me/my rules/mine.mjs");
    expect(told("'/home/me/my rules/x.mjs' from /home/me/my rules/mine.mjs")).toBe("'x.mjs' from mine.mjs");
    expect(told("file:///home/me/my%20rules/x.mjs and /home/me/lib/y.js")).toBe("x.mjs and ../lib/y.js");
    expect(told("1/2 at\n/usr/lib")).toBe("1/2 at /usr/lib");
    expect(complaintOf("text", undefined)).toBe("text");
  });
});

describe("a module", () => {
  const start = async (source: string, settings: CustomSettings = {}) => {
    const engine = await createEngine("native", { threads: 1 });
    const session = await startSession(engine, {
      layerSizes,
      batchSize,
      seed: 0,
      optimizer: moduleOf(source, 1, settings),
    });
    session.dispose();
  };

  it("is told of the run", async () => {
    await start(`export default { create(context) {
      if (JSON.stringify(context) !== '{"learningRate":1,"layerSizes":[30,12,5,12,30],"seed":0,"parameterCount":899,"settings":{}}')
        throw new Error(JSON.stringify(context));
      return () => {};
    } };`);
  });

  it.each<[string, string, CustomSettings, RegExp]>([
    ["does not parse", "export default {", {}, /^mine\.mjs: cannot be loaded \(/],
    ["fails to load", "throw new Error('at\\nonce');", {}, /^mine\.mjs: cannot be loaded \(at once\)$/],
    [
      "has no default",
      "export function create() {}",
      {},
      /^mine\.mjs: has no default export; write: export default/,
    ],
    [
      "exports no object",
      "export default () => {};",
      {},
      /its default export must be an object with a function create/,
    ],
    [
      "has no create",
      "export default { update() {} };",
      {},
      /its default export must be an object with a function create/,
    ],
    [
      "fails in create",
      "export default { create() { null.x; } };",
      {},
      /^mine\.mjs: create failed \(Cannot read/,
    ],
    [
      "creates nothing",
      "export default { create() {} };",
      {},
      /create must return the update, .* got undefined$/,
    ],
    ["lacks a setting", SGD, { beta: 1 }, /^mine\.mjs: has no setting "beta"; it has momentum$/],
    ["lacks any", RP, { beta: 1 }, /^mine\.mjs: has no setting "beta"; it has none$/],
    [
      "has settings that are none",
      'export default { settings: "text", create() {} };',
      {},
      /^mine\.mjs: settings: must be an object, got "text"$/,
    ],
    [
      "has a default of another kind",
      "export default { settings: { f: 1, betas: [0.9] }, create() {} };",
      {},
      /^mine\.mjs: settings\.betas: must be a number, a text, true or false, got \[0\.9\]$/,
    ],
    [
      "has none as a default",
      "export default { settings: { f: null }, create() {} };",
      {},
      /^mine\.mjs: settings\.f: must be a number, a text, true or false, got null$/,
    ],
    ["has it of another type", SGD, { momentum: "0.9" }, /the setting momentum must be a number, got "0.9"$/],
  ])("is refused that %s", async (_, source, settings, message) => {
    await expect(start(source, settings)).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    await expect(start(source, settings)).rejects.toThrow(message);
  });

  it("is loaded anew where its file is another", async () => {
    const source = (word: string) => `export default { create() { throw "${word}"; } };`;
    const first = moduleOf(source("one"), 1);
    const engine = await createEngine("native", { threads: 1 });
    const start = (sha256: string) =>
      startSession(engine, { layerSizes, batchSize, seed: 0, optimizer: { ...first, sha256 } });
    await expect(start(first.sha256)).rejects.toThrow("create failed (one)");
    writeFileSync(first.path, source("two"));
    await expect(start(moduleAt(first.path, ".", "test").sha256)).rejects.toThrow("create failed (two)");
  });

  it("is refused that changed since the configuration was read", async () => {
    const optimizer = moduleOf(RP, 1);
    writeFileSync(optimizer.path, `${RP}\n`);
    const engine = await createEngine("native", { threads: 1 });
    const error = await startSession(engine, { layerSizes, batchSize, seed: 0, optimizer }).catch(
      (reason) => reason,
    );
    expect(error.message).toBe(`${basename(optimizer.path)}: cannot be loaded (it changed since this began)`);
  });
});
