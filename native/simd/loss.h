// The mean of L over a batch, and the sums of its quadratic model along two directions.
#pragma once
#include "dense.h"
#include "objective.h"

namespace rp {
namespace RP_ISA {

typedef float Float4 __attribute__((vector_size(16)));
typedef double Double4 __attribute__((vector_size(32)));

// By reference, since a vector wider than a register has no agreed way to be returned.
inline void widen(const float* p, Double4& wide) {
  Float4 v;
  std::memcpy(&v, p, sizeof v);
  wide = __builtin_convertvector(v, Double4);
}
inline double sumOf(const Double4& v) { return ((v[0] + v[1]) + v[2]) + v[3]; }

// One row's sum of (y - t)^2, in eight chains side by side, so that the additions do not wait for each other;
// delta = scale (y - t).
inline double squaredErrorRow(const float* y, const float* t, int outputs, float scale, float* delta) {
  Double4 even{}, odd{};
  int k = 0;
  for (; k + 8 <= outputs; k += 8)
#pragma GCC unroll 2
    for (int j = 0; j < 2; j++) {
      Float4 a, b;
      std::memcpy(&a, y + k + 4 * j, sizeof a);
      std::memcpy(&b, t + k + 4 * j, sizeof b);
      const Float4 error = a - b, slope = scale * error;
      const Double4 exact = __builtin_convertvector(error, Double4);
      (j == 0 ? even : odd) += exact * exact;
      std::memcpy(delta + k + 4 * j, &slope, sizeof slope);
    }
  double sum = 0;
  sum += sumOf(even);
  sum += sumOf(odd);
  for (; k < outputs; k++) {
    const float error = y[k] - t[k];
    sum += static_cast<double>(error) * error;
    delta[k] = scale * error;
  }
  return sum;
}

// The same of the cross-entropy, delta = scale (sigma(z) - t).
inline double crossEntropyRow(const float* z, const float* t, int outputs, float scale, float* delta) {
  Double4 chains[kSumLanes / 4] = {};
  double rest = 0;
  for (int k = 0; k < outputs; k += kSumLanes) {
    const int n = outputs - k < kSumLanes ? outputs - k : kSumLanes;
    float terms[kSumLanes];
    byVectors(n, [&](int i, int some) {
      V slope;
      store(terms + i, crossEntropy(loadSome(z + k + i, some), loadSome(t + k + i, some), slope));
      storeSome(delta + k + i, some, scale * slope);
    });
    if (n == kSumLanes)
      for (int j = 0; j < kSumLanes / 4; j++) {
        Double4 wide;
        widen(terms + 4 * j, wide);
        chains[j] += wide;
      }
    else
      for (int i = 0; i < n; i++) rest += terms[i];
  }
  double sum = rest;
  for (const Double4& chain : chains) sum += sumOf(chain);
  return sum;
}

// run(row) for every row, then the rows' sums, `each` of them a row, in order.
template <class Run>
void sumRows(Network& net, int rows, int each, double* sums, const Run& run) {
  constexpr int kPerTask = 4;
  parallelFor(*net.pool, (rows + kPerTask - 1) / kPerTask, [&](int task, int thread) {
    for (int row = task * kPerTask; row < rows && row < (task + 1) * kPerTask; row++)
      run(row, net.rowSums + static_cast<size_t>(row) * each, thread);
  });
  for (int i = 0; i < each; i++) {
    double sum = 0;
    for (int row = 0; row < rows; row++) sum += net.rowSums[static_cast<size_t>(row) * each + i];
    sums[i] = sum / (static_cast<double>(rows) * net.sizes[net.layers]);
  }
}

// (1/S) sum L, summed in double, row by row in order; delta = L' / S.
inline double loss(Network& net, const float* targets, int rows) {
  const int outputs = net.sizes[net.layers];
  const bool squared = net.objective == Objective::kSquaredError;
  const float scale = static_cast<float>((squared ? 2. : 1.) / (static_cast<double>(rows) * outputs));
  double mean = 0;
  sumRows(net, rows, 1, &mean, [&](int row, double* sum, int) {
    const size_t at = static_cast<size_t>(row) * outputs;
    const auto ofRow = squared ? squaredErrorRow : crossEntropyRow;
    *sum = ofRow(net.activations[net.layers - 1] + at, targets + at, outputs, scale, net.deltas[net.layers - 1] + at);
  });
  return mean;
}

// sums = (1/S) sum over s of L'' u^2, L'' u v, L'' v^2, L' u, L' v; v may be null.
inline void quadraticModel(Network& net, const float* targets, int rows, const float* first, const float* second,
                           double* sums) {
  const int outputs = net.sizes[net.layers];
  sumRows(net, rows, kModelSums, sums, [&](int row, double* sum, int thread) {
    const size_t at = static_cast<size_t>(row) * outputs;
    const float *z = net.activations[net.layers - 1] + at, *t = targets + at, *u = first + at;
    float *slopes = net.outputSlopes[thread], *curvatures = net.outputCurvatures[thread];
    secondDerivatives(net.objective, z, outputs, curvatures);
    byVectors(outputs, [&](int k, int n) {
      const V x = loadSome(z + k, n), target = loadSome(t + k, n);
      V slope = 2.f * (x - target);
      if (net.objective != Objective::kSquaredError) crossEntropy(x, target, slope);
      storeSome(slopes + k, n, slope);
    });
    Double4 chains[kModelSums] = {};
    Double4 slope, curvature, a, b{};
    const auto add = [&] {
      chains[0] += curvature * a * a;
      chains[1] += curvature * a * b;
      chains[2] += curvature * b * b;
      chains[3] += slope * a;
      chains[4] += slope * b;
    };
    int k = 0;
    for (; k + 4 <= outputs; k += 4) {
      widen(slopes + k, slope);
      widen(curvatures + k, curvature);
      widen(u + k, a);
      if (second) widen(second + at + k, b);
      add();
    }
    for (; k < outputs; k++) {  // in the first chain
      slope = Double4{slopes[k]};
      curvature = Double4{curvatures[k]};
      a = Double4{u[k]};
      if (second) b = Double4{second[at + k]};
      add();
    }
    for (int i = 0; i < kModelSums; i++) sum[i] = sumOf(chains[i]);
  });
}

}  // namespace RP_ISA
}  // namespace rp
