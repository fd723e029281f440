// An oracle that shares no code and no method with src/: one sample at a time, in float64, derivatives by carrying a
// tangent forwards through the network for each single parameter (forward-mode), never by backpropagation.

export type Activation = "tanh" | "relu" | "sigmoid";

export interface Net {
  layerSizes: number[];
  activation: Activation;
  /** By default the mean squared error. */
  loss?: "mse" | "cross-entropy";
  /** Of the cross-entropy; by default jaakkola-jordan. */
  curvatureBound?: "jaakkola-jordan" | "exact" | "boehning";
}

const sigma = (z: number) => Math.exp(z) / (1 + Math.exp(z));

/** L, L' and L'' of an output, as textbooks have them: for outputs of moderate size. */
export function lossOf({ loss }: Net, y: number, t: number): number {
  if (loss !== "cross-entropy") return (y - t) ** 2;
  return -t * Math.log(sigma(y)) - (1 - t) * Math.log(1 - sigma(y));
}
export function slopeOf({ loss }: Net, y: number, t: number): number {
  return loss === "cross-entropy" ? sigma(y) - t : 2 * (y - t);
}
export function secondOf({ loss, curvatureBound = "jaakkola-jordan" }: Net, y: number): number {
  if (loss !== "cross-entropy") return 2;
  if (curvatureBound === "boehning") return 1 / 4;
  if (curvatureBound === "exact") return sigma(y) * (1 - sigma(y));
  return y === 0 ? 1 / 4 : (sigma(y) - 1 / 2) / y; // twice the λ(ξ) of Jaakkola and Jordan
}

const f: Record<Activation, (z: number) => number> = {
  tanh: (z) => (Math.exp(z) - Math.exp(-z)) / (Math.exp(z) + Math.exp(-z)),
  relu: (z) => Math.max(0, z),
  sigmoid: (z) => Math.exp(z) / (1 + Math.exp(z)),
};
const slope: Record<Activation, (z: number) => number> = {
  tanh: (z) => 4 / (Math.exp(z) + Math.exp(-z)) ** 2,
  relu: (z) => (z > 0 ? 1 : 0),
  sigmoid: (z) => Math.exp(z) / (1 + Math.exp(z)) ** 2,
};

export function countParameters({ layerSizes }: Net): number {
  let count = 0;
  for (let l = 1; l < layerSizes.length; l++) count += layerSizes[l] * layerSizes[l - 1] + layerSizes[l];
  return count;
}

/** Outputs of one sample and their derivatives along `direction` in parameter space. */
function run(net: Net, w: ArrayLike<number>, sample: number[], direction: ArrayLike<number>) {
  let a = sample;
  let tangent = sample.map(() => 0);
  let at = 0;
  for (let l = 1; l < net.layerSizes.length; l++) {
    const inputs = net.layerSizes[l - 1];
    const outputs = net.layerSizes[l];
    const biases = at + inputs * outputs;
    const linear = l === net.layerSizes.length - 1;
    const nextA: number[] = [];
    const nextTangent: number[] = [];
    for (let o = 0; o < outputs; o++) {
      let z = w[biases + o];
      let dz = direction[biases + o];
      for (let i = 0; i < inputs; i++) {
        const p = at + o * inputs + i;
        z += w[p] * a[i];
        dz += direction[p] * a[i] + w[p] * tangent[i];
      }
      nextA.push(linear ? z : f[net.activation](z));
      nextTangent.push(linear ? dz : slope[net.activation](z) * dz);
    }
    a = nextA;
    tangent = nextTangent;
    at = biases + outputs;
  }
  return { outputs: a, tangent };
}

export function rowsOf(batch: ArrayLike<number>, width: number): number[][] {
  const rows: number[][] = [];
  for (let at = 0; at < batch.length; at += width) rows.push(Array.from(batch).slice(at, at + width));
  return rows;
}

export function loss(net: Net, w: ArrayLike<number>, batch: ArrayLike<number>): number {
  const zero = new Float64Array(countParameters(net));
  let sum = 0;
  for (const sample of rowsOf(batch, net.layerSizes[0])) {
    const { outputs } = run(net, w, sample, zero);
    for (let k = 0; k < outputs.length; k++) sum += lossOf(net, outputs[k], sample[k]);
  }
  return sum / batch.length;
}

/** J[s][i] = ∂y_s/∂w_i with s = sample × outputs + output. */
export function jacobian(net: Net, w: ArrayLike<number>, batch: ArrayLike<number>): Float64Array[] {
  const count = countParameters(net);
  const samples = rowsOf(batch, net.layerSizes[0]);
  const K = net.layerSizes[0];
  const J = samples.flatMap(() => Array.from({ length: K }, () => new Float64Array(count)));
  for (let i = 0; i < count; i++) {
    const unit = new Float64Array(count);
    unit[i] = 1;
    samples.forEach((sample, b) => {
      run(net, w, sample, unit).tangent.forEach((derivative, k) => {
        J[b * K + k][i] = derivative;
      });
    });
  }
  return J;
}

/** (1/S) Σ_s L'_s J_si */
export function gradient(net: Net, w: ArrayLike<number>, batch: ArrayLike<number>): Float64Array {
  const count = countParameters(net);
  const zero = new Float64Array(count);
  const J = jacobian(net, w, batch);
  const g = new Float64Array(count);
  rowsOf(batch, net.layerSizes[0]).forEach((sample, b) => {
    run(net, w, sample, zero).outputs.forEach((y, k) => {
      const row = J[b * sample.length + k];
      for (let i = 0; i < count; i++) g[i] += (slopeOf(net, y, sample[k]) * row[i]) / batch.length;
    });
  });
  return g;
}

/** y of every sample, one after the other. */
export function outputs(net: Net, w: ArrayLike<number>, batch: ArrayLike<number>): number[] {
  const zero = new Float64Array(countParameters(net));
  return rowsOf(batch, net.layerSizes[0]).flatMap((sample) => run(net, w, sample, zero).outputs);
}

/** Eq. (6): h_i = (1/S) Σ_s L''_s |J_si| R_s, R_s = Σ_i |J_si|. */
export function curvature(net: Net, w: ArrayLike<number>, batch: ArrayLike<number>): Float64Array {
  const J = jacobian(net, w, batch);
  const h = new Float64Array(countParameters(net));
  const y = outputs(net, w, batch);
  for (const [s, row] of J.entries()) {
    const R = row.reduce((sum, value) => sum + Math.abs(value), 0);
    for (let i = 0; i < h.length; i++) h[i] += (secondOf(net, y[s]) * Math.abs(row[i]) * R) / J.length;
  }
  return h;
}

/** One step of an optimizer as published, keeping its state between calls. */
export type Rule = (w: Float64Array, g: Float64Array, h: Float64Array) => void;

export const rules = {
  sgd(rate: number, mu = 0, nesterov = false): Rule {
    let v: Float64Array | null = null;
    return (w, g) => {
      const before = v;
      const now = g.map((gi, i) => (before ? mu * before[i] : 0) + gi); // PyTorch: the first buffer is g itself
      v = now;
      w.forEach((_, i) => {
        w[i] -= rate * (nesterov ? g[i] + mu * now[i] : now[i]);
      });
    };
  },
  /** Kingma and Ba 2015, algorithm 1. */
  adam(rate: number, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8): Rule {
    let t = 0;
    const m: number[] = [];
    const v: number[] = [];
    return (w, g) => {
      t++;
      w.forEach((_, i) => {
        m[i] = beta1 * (m[i] ?? 0) + (1 - beta1) * g[i];
        v[i] = beta2 * (v[i] ?? 0) + (1 - beta2) * g[i] ** 2;
        w[i] -= (rate * (m[i] / (1 - beta1 ** t))) / (Math.sqrt(v[i] / (1 - beta2 ** t)) + epsilon);
      });
    };
  },
  rp(rate: number, mu = 0, nesterov = false): Rule {
    const m: number[] = [];
    return (w, g, h) => {
      w.forEach((_, i) => {
        const d = h[i] === 0 ? 0 : g[i] / h[i];
        m[i] = mu * (m[i] ?? 0) + (1 - mu) * d;
        w[i] -= rate * (nesterov ? mu * m[i] + (1 - mu) * d : m[i]);
      });
    };
  },
};
