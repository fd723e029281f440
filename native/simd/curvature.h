// The denominators of eq. (6), exactly and without a Jacobian:
//
//   delta_{L-2}[s,k] = W_{L-1}[k,:] * D_{L-2}[s,:]                  (elementwise; D = f'(z), L = layers)
//   delta_l[s,k]     = (delta_{l+1}[s,k] . W_{l+1}) * D_l[s,:]      l = L-3 .. 0
//   R[s,k]           = sum_l |delta_l[s,k]|_1 (|a_l[s]|_1 + 1)      with |delta_{L-1}[s,k]|_1 = 1
//   v_{L-1}[s,k]     = (L''/S) R[s,k],   v_l[s,i] = sum_k v_{L-1}[s,k] |delta_l[s,k][i]|
//   h(W_l) = v_l' |a_l|,   h(b_l) = column sums of v_l
// The diagonal of the Gauss-Newton matrix is the same with squares in the place of magnitudes and 1 in the place of R.
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

// |W_{L-1}| in panels, from those that forward packed.
inline const float* packMagnitudes(const Network& net, int panel, float* buffer) {
  const int top = net.layers - 1, hidden = net.sizes[top];
  const Rows rows{net.forwardPanels[top] + static_cast<size_t>(panel) * hidden * kPanel, kPanel};
  packColumns(hidden, rows, 0, kPanel, buffer, [](V x) { return abs(x); });
  return buffer;
}

// What the samples need of the weights, and |delta_{L-2}|_1 of every output and sample, in one parallel run.
inline void prepareCurvature(Network& net, const float* parameters, int first, int last, OutputSample sample) {
  const int L = net.layers, hidden = net.sizes[L - 1];
  const size_t at = L >= 2 ? static_cast<size_t>(first) * hidden : 0;
  const Product norms(
      net, last - first, net.sizes[L], hidden,
      RowMajor{L >= 2 ? net.derivatives[L - 2] + at : nullptr, static_cast<size_t>(hidden)},
      [&](int panel, int, float* buffer) { return packMagnitudes(net, panel, buffer); },
      [&](int row, int column, int, V v0, V v1) {
        storePart(net.topNorms + (static_cast<size_t>(column / kPanel) * net.capacity + first + row) * kPanel, kPanel, v0,
                  v1);
      });
  const int kSampledPanels = 0, kTopNorms = 1, kWeights = 2;  // kinds of tasks; kWeights + l packs W_{l+1}
  int counts[kMaxLayers + 2] = {first == 0 && sample.outputs ? panelCount(sample.count) : 0, L >= 2 ? norms.tasks() : 0};
  const int packed = first == 0 && L > 2 ? L - 2 : 0;
  for (int l = 0; l < packed; l++) counts[kWeights + l] = (net.sizes[l + 1] + kPackUnits - 1) / kPackUnits;
  parallelKinds(net, counts, kWeights + packed, [&](int kind, int index, int thread) {
    if (kind == kSampledPanels) {
      packRows(hidden, net.weights(parameters, L - 1), [&](int t) { return sample.outputs[index * kPanel + t]; },
               panelWidth(sample.count, index), net.sampledPanels + static_cast<size_t>(index) * hidden * kPanel);
    } else if (kind == kTopNorms) {
      norms.run(index, thread);
    } else {
      const int l = kind - kWeights;
      packTiles(index * kPackUnits, net.sizes[l + 1], net.sizes[l + 2], net.weights(parameters, l + 1),
                net.packedWeights[l]);
    }
  });
}

// v_{L-2} = |f'| times (v_{L-1} |W_{L-1}|), or of their squares, over the sample of the outputs.
template <class Magnitude>
void lastHiddenLayer(Network& net, const float* parameters, int first, int last, OutputSample sample) {
  const int L = net.layers, hidden = net.sizes[L - 1];
  const size_t slice = first, K = sample.count;
  const float* top = net.weights(parameters, L - 1);
  const float* derivative = net.derivatives[L - 2] + slice * hidden;
  float* const v = net.deltas[L - 2] + slice * hidden;
  const float* residuals = (sample.outputs ? net.sampledResiduals : net.deltas[L - 1]) + slice * K;
  runAlone(net, Product(
                    net, last - first, hidden, sample.count, RowMajor{residuals, K},
                    [&](int panel, int n, float* buffer) -> const float* {
                      const auto row = [&](int k) {
                        return top + static_cast<size_t>(sample.outputs ? sample.outputs[k] : k) * hidden;
                      };
                      packColumns(sample.count, row, panel * kPanel, n, buffer, Magnitude::of);
                      return buffer;
                    },
                    [=](int row, int column, int n, V v0, V v1) {
                      const size_t at = static_cast<size_t>(row) * hidden + column;
                      V d0, d1;
                      loadPart(derivative + at, n, d0, d1);
                      storePart(v + at, n, v0 * Magnitude::of(d0), v1 * Magnitude::of(d1));
                    }));
}

template <class Magnitude>
void diagonal(Network& net, const float* parameters, const float* inputs, int rows, int first, int last,
              OutputSample sample, float* out) {
  const float same = constantCurvature(net.objective);  // in the scale, where L'' is the same everywhere
  const float scale = static_cast<float>((same != 0 ? same : 1.) / (static_cast<double>(rows) * net.sizes[net.layers]));
  prepareCurvature(net, parameters, first, last, sample);
  parallelFor(*net.pool, last - first, [&](int task, int thread) {
    SampleCurvature<Magnitude>(net, parameters, inputs, first + task, thread, scale, sample).run();
  });
  if (net.layers >= 2) lastHiddenLayer<Magnitude>(net, parameters, first, last, sample);
  if (last == rows) outerProducts(net, inputs, rows, out, Magnitude::of);
}

inline void curvature(Network& net, const float* parameters, const float* inputs, int rows, int first, int last,
                      OutputSample sample, Diagonal which, float* out) {
  const auto run = which == Diagonal::kResidualPartitioning ? diagonal<Absolute> : diagonal<Square>;
  run(net, parameters, inputs, rows, first, last, sample, out);
}

}  // namespace RP_ISA
}  // namespace rp
