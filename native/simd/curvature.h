// The denominators of eq. (6), exactly and without a Jacobian:
//
//   delta_{L-2}[s,k] = W_{L-1}[k,:] * D_{L-2}[s,:]                  (elementwise; D = f'(z), L = layers)
//   delta_l[s,k]     = (delta_{l+1}[s,k] . W_{l+1}) * D_l[s,:]      l = L-3 .. 0
//   R[s,k]           = sum_l |delta_l[s,k]|_1 (|a_l[s]|_1 + 1)      with |delta_{L-1}[s,k]|_1 = 1
//   v_{L-1}[s,k]     = (L''/S) R[s,k],   v_l[s,i] = sum_k v_{L-1}[s,k] |delta_l[s,k][i]|
//   h(W_l) = v_l' |a_l|,   h(b_l) = column sums of v_l
//
// A vector lane is an output k. Per sample, a panel of outputs goes through all layers while it lies in L1: delta_l
// is stored transposed, [unit][panel], at once the result of one product and the packed right operand of the next;
// sums over units are then plain vertical adds. D is folded into the weights (the left operand) once a sample, and
// units with D = 0 (relu) are left out of it, which is exact and saves their share of the work; where there are too few
// panels to repay that, deltas are multiplied by D as they come. The column sums of a
// panel are taken in the epilogue of the next, where its rows are overwritten. The two sums over the last hidden
// layer, whose delta is a product, are matrix products over all samples with |W_{L-1}|. D >= 0 for every activation.
#pragma once
#include "curvature-sample.h"

namespace rp {
namespace RP_ISA {

constexpr float kSecondDerivative = 2.f;  // L'' of the squared error

inline void absoluteRowSums(Network& net, const float* inputs, int first, int last) {
  for (int s = first; s < last; s++)
    for (int l = 0; l < net.layers; l++) {
      const float* a = net.inputsOf(inputs, l) + static_cast<size_t>(s) * net.sizes[l];
      double sum = 1;
      for (int i = 0; i < net.sizes[l]; i++) sum += std::fabs(a[i]);
      net.inputNorms[static_cast<size_t>(s) * net.layers + l] = static_cast<float>(sum);
    }
}

inline void packCurvatureWeights(Network& net, const float* parameters, OutputSample sample) {
  const int L = net.layers, hidden = net.sizes[L - 1];
  const int panels = sample.outputs ? panelCount(sample.count) : 0;
  int tasks = panels;
  for (int l = 0; l < L - 2; l++) tasks += (net.sizes[l + 1] + kPackUnits - 1) / kPackUnits;
  parallelFor(*net.pool, tasks, [&](int task, int) {
    if (task < panels) {
      packRows(hidden, net.weights(parameters, L - 1), [&](int t) { return sample.outputs[task * kPanel + t]; },
               panelWidth(sample.count, task), net.sampledPanels + static_cast<size_t>(task) * hidden * kPanel);
      return;
    }
    int l = 0, block = task - panels;
    for (; block * kPackUnits >= net.sizes[l + 1]; l++) block -= (net.sizes[l + 1] + kPackUnits - 1) / kPackUnits;
    packTiles(block * kPackUnits, net.sizes[l + 1], net.sizes[l + 2], net.weights(parameters, l + 1),
              net.packedWeights[l]);
  });
}

inline void curvature(Network& net, const float* parameters, const float* inputs, int rows, int first, int last,
                      OutputSample sample, float* out) {
  const int L = net.layers, outputs = net.sizes[L], hidden = net.sizes[L - 1];
  const float scale = static_cast<float>(kSecondDerivative / (static_cast<double>(rows) * outputs));
  const size_t slice = first;
  if (first == 0) packCurvatureWeights(net, parameters, sample);
  absoluteRowSums(net, inputs, first, last);
  if (L >= 2)
    multiply(
        net, last - first, outputs, hidden, RowMajor{net.derivatives[L - 2] + slice * hidden, static_cast<size_t>(hidden)},
        [&](int panel, int, float* buffer) {
          const Rows top{net.topPanels + static_cast<size_t>(panel) * hidden * kPanel, kPanel};
          packColumns(hidden, top, 0, kPanel, buffer, [](V x) { return abs(x); });
          return buffer;
        },
        [&](int row, int column, int, V v0, V v1) {
          storePart(net.topNorms + (static_cast<size_t>(column / kPanel) * net.capacity + first + row) * kPanel, kPanel,
                    v0, v1);
        });
  parallelFor(*net.pool, last - first,
              [&](int task, int thread) { SampleCurvature(net, parameters, first + task, thread, scale, sample).run(); });
  if (L >= 2) {
    const float *top = net.weights(parameters, L - 1), *derivative = net.derivatives[L - 2] + slice * hidden;
    const float* residuals = (sample.outputs ? net.sampledResiduals : net.deltas[L - 1]) + slice * sample.count;
    float* v = net.deltas[L - 2] + slice * hidden;
    multiply(
        net, last - first, hidden, sample.count, RowMajor{residuals, static_cast<size_t>(sample.count)},
        [&](int panel, int n, float* buffer) {
          const auto row = [&](int k) { return top + static_cast<size_t>(sample.outputs ? sample.outputs[k] : k) * hidden; };
          packColumns(sample.count, row, panel * kPanel, n, buffer, [](V x) { return abs(x); });
          return buffer;
        },
        [&](int row, int column, int n, V v0, V v1) {
          const size_t at = static_cast<size_t>(row) * hidden + column;
          V d0, d1;
          loadPart(derivative + at, n, d0, d1);
          storePart(v + at, n, v0 * d0, v1 * d1);
        });
  }
  if (last == rows) outerProducts(net, inputs, rows, out, [](V x) { return abs(x); });
}

}  // namespace RP_ISA
}  // namespace rp
