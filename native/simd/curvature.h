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
// units with D = 0 (relu) are left out of it, which is exact and saves their share of the work. The column sums of a
// panel are taken in the epilogue of the next, where its rows are overwritten. The two sums over the last hidden
// layer, whose delta is a product, are matrix products over all samples with |W_{L-1}|. D >= 0 for every activation.
#pragma once
#include "../kernels.h"
#include "dense.h"

namespace rp {
namespace RP_ISA {

constexpr float kSecondDerivative = 2.f;  // L'' of the squared error

// Blocks [i / 4][j][4] of W[j][i], J x I row-major; the units first..first+63 of i.
constexpr int kPackUnits = 64;
inline void packTiles(int first, int I, int J, const float* weights, float* __restrict out) {
  for (int i0 = first; i0 < I && i0 < first + kPackUnits; i0 += kTileRows) {
    float* tile = out + static_cast<size_t>(i0) * J;
    for (int j = 0; j < J; j++)
      for (int r = 0; r < kTileRows; r++)
        *tile++ = i0 + r < I ? weights[static_cast<size_t>(j) * I + i0 + r] : 0.f;
  }
}

// The left operand of one layer and sample, w[i][j] di[i] dj[j], every unit active; dj may be null.
inline void scaleTiles(int I, int J, const float* packed, const float* di, const float* dj, float* __restrict out) {
  for (int i0 = 0; i0 < I; i0 += kTileRows) {
    float part[kTileRows] = {};
    for (int r = 0; r < kTileRows && i0 + r < I; r++) part[r] = di[i0 + r];
    const V4 d = load4(part);
    for (int j = 0; j < J; j++, packed += kTileRows, out += kTileRows)
      store4(out, dj ? d * load4(packed) * dj[j] : d * load4(packed));
  }
}

// The same over the active units only.
inline void gatherTiles(int I, const float* weights, const float* di, const float* dj, const int* rows, int nRows,
                        const int* columns, int nColumns, float* __restrict out) {
  for (int i0 = 0; i0 < nRows; i0 += kTileRows)
    for (int c = 0; c < nColumns; c++) {
      const int j = columns[c];
      const float d = dj ? dj[j] : 1.f;
      const float* w = weights + static_cast<size_t>(j) * I;
      for (int r = 0; r < kTileRows; r++) {
        const int i = i0 + r < nRows ? rows[i0 + r] : -1;
        *out++ = i < 0 ? 0.f : w[i] * (di[i] * d);
      }
    }
}

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

// delta_l of one panel, [unit][kPanel], from that of the layer above, and its sums over units. Before the rows are
// overwritten, those of the panel before, with their weights c, go into the column sums.
template <bool kAbsolute, class Right>
inline void propagatePanel(int I, int K, const float* scaled, const Right& right, float* __restrict rows,
                           float* unitSums, const float* c, float* __restrict columnSums) {
  V sum0{}, sum1{};
  const V c0 = load(c), c1 = load(c + kLanes);
  for (int row = 0; row < I; row += kTileRows)
    multiplyTile<kTileRows>(K, PackedTiles{scaled, static_cast<size_t>(K)}, row, right, [&](int i, V v0, V v1) {
      float *out = rows + static_cast<size_t>(i) * kPanel, *column = columnSums + static_cast<size_t>(i) * kLanes;
      const V x0 = kAbsolute ? load(out) : abs(load(out)), x1 = kAbsolute ? load(out + kLanes) : abs(load(out + kLanes));
      const V partial = load(column) + c0 * x0;
      store(column, partial + c1 * x1);
      sum0 += abs(v0);
      sum1 += abs(v1);
      store(out, kAbsolute ? abs(v0) : v0);
      store(out + kLanes, kAbsolute ? abs(v1) : v1);
    });
  store(unitSums, sum0);
  store(unitSums + kLanes, sum1);
}

inline void lastColumnSums(int I, const float* rows, const float* c, float* __restrict columnSums) {
  const V c0 = load(c), c1 = load(c + kLanes);
  for (int i = 0; i < I; i++) {
    const float* x = rows + static_cast<size_t>(i) * kPanel;
    const V partial = load(columnSums + i * kLanes) + c0 * abs(load(x));
    store(columnSums + i * kLanes, partial + c1 * abs(load(x + kLanes)));
  }
}

// v of the output layer and of the hidden layers below the last one, of one sample.
// Of a sample of the outputs: hidden sums are scaled by K / m, and R of the outputs left out is estimated as
//   R[s,k] = |a_{L-1}|_1 + 1 + c_s T[s,k],   T[s,k] = |delta_{L-2}[s,k]|_1 (|a_{L-2}|_1 + 1)
//   c_s    = sum over the sample of (R - |a_{L-1}|_1 - 1) / sum over the sample of T, 0 where that sum is
inline void curvatureOfSample(Network& net, const float* parameters, int s, int thread, float scale,
                              OutputSample sample) {
  const int L = net.layers, outputs = net.sizes[L], hidden = net.sizes[L - 1];
  const float hiddenScale = scale * (static_cast<float>(outputs) / sample.count);
  const float* topNorms = net.topNorms + static_cast<size_t>(s) * kPanel;  // lane k % panel of panel k / panel
  const size_t normStride = static_cast<size_t>(net.capacity) * kPanel;
  const auto topNorm = [&](int k) { return topNorms[k / kPanel * normStride + k % kPanel]; };
  float* v = net.deltas[L - 1] + static_cast<size_t>(s) * outputs;
  float* residuals = net.sampledResiduals + static_cast<size_t>(s) * sample.count;
  double sampledR = 0, sampledT = 0;
  const float* norms = net.inputNorms + static_cast<size_t>(s) * L;
  float* const* scaled = net.scaled + thread * L;
  float* const* rows = net.rows + thread * L;
  float* const* sums = net.sums + thread * L;
  int* const* active = net.active + thread * L;
  int* count = net.activeCount + thread * L;
  for (int l = 0; l < L - 1; l++) {
    const float* d = net.derivatives[l] + static_cast<size_t>(s) * net.sizes[l + 1];
    count[l] = 0;
    for (int i = 0; i < net.sizes[l + 1]; i++)
      if (d[i] != 0.f) active[l][count[l]++] = i;
  }
  for (int l = 0; l < L - 2; l++) {
    const int I = net.sizes[l + 1], J = net.sizes[l + 2];
    const float* di = net.derivatives[l] + static_cast<size_t>(s) * I;
    const float* dj = l == L - 3 ? net.derivatives[L - 2] + static_cast<size_t>(s) * hidden : nullptr;
    if (count[l] == I && count[l + 1] == J) scaleTiles(I, J, net.packedWeights[l], di, dj, scaled[l]);
    else
      gatherTiles(I, net.weights(parameters, l + 1), di, dj, active[l], count[l], active[l + 1], count[l + 1],
                  scaled[l]);
    std::memset(sums[l], 0, sizeof(float) * roundUp(count[l], kTileRows) * kLanes);
    std::memset(rows[l], 0, sizeof(float) * roundUp(count[l], kTileRows) * kPanel);
  }
  const bool everyTop = L < 2 || count[L - 2] == hidden;
  for (int i = 0; L >= 2 && i < count[L - 2]; i++) active[L - 2][i] *= kPanel;  // now offsets into a top panel

  float c[kPanel] = {}, R[kPanel] = {}, T[kPanel] = {}, unitSums[kPanel];
  for (int panel = 0; panel < panelCount(sample.count); panel++) {
    const float* top =
        (sample.outputs ? net.sampledPanels : net.topPanels) + static_cast<size_t>(panel) * hidden * kPanel;
    const int k0 = panel * kPanel, n = panelWidth(sample.count, panel);
    for (int t = 0; t < n && L >= 2; t++)
      T[t] = norms[L - 2] * topNorm(sample.outputs ? sample.outputs[k0 + t] : k0 + t);
    for (int t = 0; t < n; t++) R[t] = norms[L - 1] + T[t];
    for (int l = L - 3; l >= 0; l--) {
      const int I = count[l], K = count[l + 1];
      if (l == L - 3 && !everyTop)
        propagatePanel<false>(I, K, scaled[l], PickedPanel{top, active[L - 2]}, rows[l], unitSums, c, sums[l]);
      else if (l > 0)
        propagatePanel<false>(I, K, scaled[l], Panel{l == L - 3 ? top : rows[l + 1]}, rows[l], unitSums, c, sums[l]);
      else
        propagatePanel<true>(I, K, scaled[l], Panel{l == L - 3 ? top : rows[l + 1]}, rows[l], unitSums, c, sums[l]);
      for (int t = 0; t < kPanel; t++) R[t] += norms[l] * unitSums[t];
    }
    for (int t = 0; t < kPanel; t++) c[t] = t < n ? hiddenScale * R[t] : 0.f;
    if (!sample.outputs) {
      std::memcpy(v + k0, c, sizeof(float) * n);
      continue;
    }
    std::memcpy(residuals + k0, c, sizeof(float) * n);
    for (int t = 0; t < n; t++) {
      sampledR += R[t] - norms[L - 1];
      sampledT += T[t];
    }
  }
  if (sample.outputs) {
    const float ratio = sampledT != 0 ? static_cast<float>(sampledR / sampledT) : 0.f;
    const float lastNorm = L >= 2 ? norms[L - 2] : 0.f;
    for (int k = 0; k < outputs; k++)
      v[k] = scale * (norms[L - 1] + ratio * (L >= 2 ? lastNorm * topNorm(k) : 0.f));
    const float toExact = static_cast<float>(sample.count) / outputs;
    for (int t = 0; t < sample.count; t++) v[sample.outputs[t]] = residuals[t] * toExact;
  }
  for (int l = 0; l < L - 2; l++) {
    lastColumnSums(count[l], rows[l], c, sums[l]);
    float* out = net.deltas[l] + static_cast<size_t>(s) * net.sizes[l + 1];
    std::memset(out, 0, sizeof(float) * net.sizes[l + 1]);
    for (int i = 0; i < count[l]; i++)
      for (int t = 0; t < kLanes; t++) out[active[l][i]] += sums[l][i * kLanes + t];
  }
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
              [&](int task, int thread) { curvatureOfSample(net, parameters, first + task, thread, scale, sample); });
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
