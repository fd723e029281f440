// What can be timed: our sessions and matrix product here, peers as resident processes. All offer
// time(steps) -> seconds of each step, after one step that is not counted.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { createEngine } from "../dist/index.js";
import { loadNativeKernels } from "../dist/kernels/native.js";

async function timed(step, steps) {
  await step();
  const seconds = [];
  for (let i = 0; i < steps; i++) {
    const start = performance.now();
    await step();
    seconds.push((performance.now() - start) / 1000);
  }
  return seconds;
}

/** Steps of one of our engines, all on one batch from one start. */
export async function ourSteps(
  problem,
  { engine = "native", threads, backend, optimizer, activation = "tanh" },
) {
  const { layerSizes, batchSize, parameters, batch } = problem;
  const { description, versions, createSession } = await createEngine(engine, { threads, backend });
  const session = await createSession({ layerSizes, activation, optimizer, parameters, batchSize });
  return {
    ...{ session, description, versions },
    time: (steps) => timed(() => session.step(batch), steps),
    dispose: () => session.dispose(),
  };
}

/** Our 1024 × 1024 × 1024 product: the forward pass of one linear layer. */
export function ourProduct(threads) {
  const network = loadNativeKernels({ threads }).createNetwork(
    {
      layerSizes: [1024, 1024],
      activation: "tanh",
      rows: 1024,
      loss: "mse",
      curvatureBound: "jaakkola-jordan",
    },
    "single",
  );
  const [parameters, inputs] = [
    new Float32Array(1024 * 1025).fill(0.5),
    new Float32Array(1024 * 1024).fill(0.25),
  ];
  return {
    time: (steps) => timed(async () => network.forward(parameters, inputs, 1024), steps),
    dispose: () => network.dispose(),
  };
}

/** A peer's process; requests are answered in order. */
export class PeerProcess {
  /** @param {boolean} spins whether idle OpenMP workers keep spinning, as by default, or sleep at once */
  constructor(python, worker, kind, folder, threads, spins) {
    this.child = spawn(python, [worker, kind, folder, String(threads)], {
      stdio: ["pipe", "pipe", process.env.RP_BENCH_PEER_LOG ? "inherit" : "ignore"],
      env: {
        ...process.env,
        ...{ OMP_NUM_THREADS: String(threads), MKL_NUM_THREADS: String(threads) },
        ...(spins ? {} : { OMP_WAIT_POLICY: "passive", KMP_BLOCKTIME: "0" }),
        ...{ JAX_PLATFORMS: "cpu" },
      },
    });
    this.waiting = [];
    createInterface({ input: this.child.stdout }).on("line", (line) =>
      this.waiting.shift()?.resolve(JSON.parse(line)),
    );
    this.child.on("exit", (code) => {
      for (const { reject } of this.waiting) reject(new Error(`the ${kind} process ended with code ${code}`));
    });
  }

  request(command) {
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.child.stdin.write(`${JSON.stringify(command)}\n`);
    });
  }

  async time(name, steps) {
    const answer = await this.request({ command: "time", name, steps });
    if (answer.error) throw new Error(`${name}: ${answer.error}`);
    return answer.seconds;
  }

  close() {
    this.child.stdin.end();
  }
}
