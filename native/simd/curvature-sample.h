// One sample's part of the curvature: delta of the hidden layers below the last one, R, and their weighted sums.
#pragma once
#include "../kernels.h"
#include "dense.h"
#include "objective.h"

namespace rp {
namespace RP_ISA {

// Blocks [i / kTileRows][j][kTileRows] of W[j][i], J x I row-major; the units first..first+63 of i.
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
    const Tile d = loadTile(part);
    for (int j = 0; j < J; j++, packed += kTileRows, out += kTileRows)
      storeTile(out, dj ? d * loadTile(packed) * dj[j] : d * loadTile(packed));
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

// |delta|, or its square, as Diagonal asks for.
struct Absolute {
  static constexpr bool kPartitions = true;  // its sums are weighted with R
  static V of(V x) { return abs(x); }
};
struct Square {
  static constexpr bool kPartitions = false;
  static V of(V x) { return x * x; }
};

// sums[t] += c[t] |x[t]| of one row of a panel, whose first output is the `lane`th of the kSumLanes sums.
template <class Magnitude>
inline void addColumns(float* sums, int lane, V c0, V c1, V x0, V x1) {
  const V y0 = Magnitude::of(x0), y1 = Magnitude::of(x1);
  if (kLanes == kSumLanes) {
    store(sums, fma(c1, y1, fma(c0, y0, load(sums))));
  } else {
    store(sums + lane, fma(c0, y0, load(sums + lane)));
    store(sums + lane + kLanes, fma(c1, y1, load(sums + lane + kLanes)));
  }
}
inline int sumLane(int panel) { return panel * kPanel % kSumLanes; }

// delta_l of one panel, [unit][kPanel], from that of the layer above, and its sums over units. Before the rows are
// overwritten, those of the panel before, with their weights c, go into the column sums, from `lane` on.
// derivative: f' of the layer where it is not folded into the weights, else null.
template <class Magnitude, class Right>
inline void propagatePanel(int I, int K, const float* weights, const Right& right, const float* derivative,
                           float* __restrict rows, float* unitSums, const float* c, int lane,
                           float* __restrict columnSums) {
  V sum0{}, sum1{};
  const V c0 = load(c), c1 = load(c + kLanes);
  for (int row = 0; row < I; row += kTileRows)
    multiplyTile<kTileRows>(K, PackedTiles{weights, static_cast<size_t>(K)}, row, right, [&](int i, V v0, V v1) {
      float* out = rows + static_cast<size_t>(i) * kPanel;
      addColumns<Magnitude>(columnSums + static_cast<size_t>(i) * kSumLanes, lane, c0, c1, load(out), load(out + kLanes));
      if (derivative) {
        const V d = splat(i < I ? derivative[i] : 0.f);
        v0 *= d;
        v1 *= d;
      }
      sum0 += abs(v0);
      sum1 += abs(v1);
      store(out, v0);
      store(out + kLanes, v1);
    });
  store(unitSums, sum0);
  store(unitSums + kLanes, sum1);
}

// v of the output layer and of the hidden layers below the last one, of sample s, in one thread's buffers.
// Of a sample of the outputs: hidden sums are scaled by K / m, and R of the outputs left out is estimated as
//   R[s,k] = |a_{L-1}|_1 + 1 + c_s T[s,k],   T[s,k] = |delta_{L-2}[s,k]|_1 (|a_{L-2}|_1 + 1)
//   c_s    = sum over the sample of (R - |a_{L-1}|_1 - 1) / sum over the sample of T, 0 where that sum is
template <class Magnitude>
class SampleCurvature {
 public:
  SampleCurvature(Network& network, const float* parameters, const float* inputs, int s, int thread, float scale, OutputSample outputs)
      : net(network),
        parameters(parameters),
        inputs(inputs),
        s(s),
        scale(scale),
        sample(outputs),
        L(network.layers),
        K(network.sizes[network.layers]),
        hidden(network.sizes[network.layers - 1]),
        folds(outputs.count > kFewOutputs),
        weighted(constantCurvature(network.objective) == 0),
        norms(network.inputNorms + thread * network.layers),
        v(network.deltas[network.layers - 1] + static_cast<size_t>(s) * K),
        residuals(network.sampledResiduals + static_cast<size_t>(s) * outputs.count),
        second(network.outputCurvatures[thread]),
        topScaled(network.panel[thread]),
        scaled(network.scaled + thread * network.layers),
        rows(network.rows + thread * network.layers),
        sums(network.sums + thread * network.layers),
        active(network.active + thread * network.layers),
        count(network.activeCount + thread * network.layers) {}

  void run() {
    sumInputs();
    if (weighted) secondDerivatives(net.objective, net.activations[L - 1] + static_cast<size_t>(s) * K, K, second);
    prepare();
    float c[kPanel] = {};  // v of the panel before
    for (int panel = 0; panel < panelCount(sample.count); panel++) runPanel(panel, c);
    if (sample.outputs) fillOutputs();
    for (int l = 0; l < L - 2; l++) finishLayer(l, c, sumLane(panelCount(sample.count) - 1));
  }

 private:
  // Folding f' into the weights is repaid only by many outputs: with 32, multiplying by it as they come took the curvature
  // from 4,180 to 3,750 microseconds on one thread. Counted in outputs, not panels, since it decides how products round.
  static constexpr int kFewOutputs = 128;

  const float* derivative(int l) const { return net.derivatives[l] + static_cast<size_t>(s) * net.sizes[l + 1]; }

  // |delta_{L-2}[s,k]|_1
  float topNorm(int k) const {
    return net.topNorms[(static_cast<size_t>(k / kPanel) * net.capacity + s) * kPanel + k % kPanel];
  }

  // |a_l|_1 + 1 of every layer, in kSumLanes sums side by side.
  void sumInputs() {
    for (int l = 0; l < L; l++) {
      const int n = net.sizes[l];
      const float* a = net.inputsOf(inputs, l) + static_cast<size_t>(s) * n;
      float parts[kSumLanes] = {};
      int i = 0;
      for (; i + kSumLanes <= n; i += kSumLanes)
        for (int t = 0; t < kSumLanes; t++) parts[t] += std::fabs(a[i + t]);
      double sum = 1;
      for (float part : parts) sum += part;
      for (; i < n; i++) sum += std::fabs(a[i]);
      norms[l] = static_cast<float>(sum);
    }
  }

  // Units with f' != 0; all of them where so few are left out (a saturated tanh) that picking the others costs more.
  void findActive(int l) {
    const int units = net.sizes[l + 1];
    const float* d = derivative(l);
    int found = 0;
    for (int i = 0; i < units; i++)
      if (d[i] != 0.f) active[l][found++] = i;
    if (!folds || found > units * 3 / 4) {
      found = units;
      for (int i = 0; i < units; i++) active[l][i] = i;
    }
    count[l] = found;
  }

  // Active units, weights with f' folded in, cleared sums.
  void prepare() {
    for (int l = 0; l < L - 1; l++) findActive(l);
    for (int l = 0; l < L - 2; l++) {
      const int I = net.sizes[l + 1], J = net.sizes[l + 2];
      const float* above = l == L - 3 ? derivative(L - 2) : nullptr;
      if (folds && count[l] == I && count[l + 1] == J)
        scaleTiles(I, J, net.packedWeights[l], derivative(l), above, scaled[l]);
      else if (folds)
        gatherTiles(I, net.weights(parameters, l + 1), derivative(l), above, active[l], count[l], active[l + 1],
                    count[l + 1], scaled[l]);
      std::memset(sums[l], 0, sizeof(float) * roundUp(count[l], kTileRows) * kSumLanes);
      std::memset(rows[l], 0, sizeof(float) * roundUp(count[l], kTileRows) * kPanel);
    }
    everyTop = L < 2 || count[L - 2] == hidden;
    for (int i = 0; L >= 2 && i < count[L - 2]; i++) active[L - 2][i] *= kPanel;  // now offsets into a top panel
  }

  // One panel of outputs through all layers; c goes from the panel before's v to this one's.
  void runPanel(int panel, float (&c)[kPanel]) {
    const float* top =
        (sample.outputs ? net.sampledPanels : net.forwardPanels[L - 1]) + static_cast<size_t>(panel) * hidden * kPanel;
    const int k0 = panel * kPanel, n = panelWidth(sample.count, panel);
    float R[kPanel] = {}, T[kPanel] = {};
    for (int t = 0; t < n; t++) {
      if (L >= 2) T[t] = norms[L - 2] * topNorm(sample.outputs ? sample.outputs[k0 + t] : k0 + t);
      R[t] = norms[L - 1] + T[t];
    }
    if (!folds && L >= 3) top = scaleTop(top);
    for (int l = L - 3; l >= 0; l--) {
      float unitSums[kPanel];
      const float* above = l == L - 3 ? top : rows[l + 1];
      if (l == L - 3 && !everyTop) propagate(l, PickedPanel{above, active[L - 2]}, unitSums, c, panel);
      else propagate(l, Panel{above}, unitSums, c, panel);
      for (int t = 0; t < kPanel; t++) R[t] += norms[l] * unitSums[t];
    }
    const float hiddenScale = scale * (static_cast<float>(K) / sample.count);
    for (int t = 0; t < kPanel; t++) c[t] = t < n ? hiddenScale * (Magnitude::kPartitions ? R[t] : 1.f) : 0.f;
    for (int t = 0; weighted && t < n; t++) c[t] *= second[sample.outputs ? sample.outputs[k0 + t] : k0 + t];
    std::memcpy((sample.outputs ? residuals : v) + k0, c, sizeof(float) * n);
    for (int t = 0; t < n; t++) {
      sampledR += R[t] - norms[L - 1];
      sampledT += T[t];
    }
  }

  template <class Right>
  void propagate(int l, const Right& right, float* unitSums, const float* c, int panel) {
    const float* weights = folds ? scaled[l] : net.packedWeights[l];
    const float* d = folds ? nullptr : derivative(l);
    const int I = count[l], J = count[l + 1], lane = panel > 0 ? sumLane(panel - 1) : 0;
    propagatePanel<Magnitude>(I, J, weights, right, d, rows[l], unitSums, c, lane, sums[l]);
  }

  const float* scaleTop(const float* top) {
    const float* d = derivative(L - 2);
    for (int j = 0; j < hidden; j++)
      for (int t = 0; t < kPanel; t += kLanes) store(topScaled + j * kPanel + t, d[j] * load(top + j * kPanel + t));
    return topScaled;
  }

  // R of every output: estimated, but for those of the sample.
  void fillOutputs() {
    const float ratio = sampledT != 0 ? static_cast<float>(sampledR / sampledT) : 0.f;
    const float slope = L >= 2 ? ratio * norms[L - 2] : 0.f;
    for (int k0 = 0; k0 < K; k0 += kPanel) {
      const float* norm = net.topNorms + (static_cast<size_t>(k0 / kPanel) * net.capacity + s) * kPanel;
      const int n = panelWidth(K, k0 / kPanel);
      for (int t = 0; t < n; t++)
        v[k0 + t] = scale * (Magnitude::kPartitions ? norms[L - 1] + slope * norm[t] : 1.f);
      for (int t = 0; weighted && t < n; t++) v[k0 + t] *= second[k0 + t];
    }
    const float toExact = static_cast<float>(sample.count) / K;
    for (int t = 0; t < sample.count; t++) v[sample.outputs[t]] = residuals[t] * toExact;
  }

  // The last panel's rows into the column sums, and those, lane by lane, into v.
  void finishLayer(int l, const float* c, int lane) {
    const V c0 = load(c), c1 = load(c + kLanes);
    float* out = net.deltas[l] + static_cast<size_t>(s) * net.sizes[l + 1];
    std::memset(out, 0, sizeof(float) * net.sizes[l + 1]);
    for (int i = 0; i < count[l]; i++) {
      const float* x = rows[l] + static_cast<size_t>(i) * kPanel;
      float* parts = sums[l] + static_cast<size_t>(i) * kSumLanes;
      addColumns<Magnitude>(parts, lane, c0, c1, load(x), load(x + kLanes));
    }
    // Each unit's lanes in order, for as many units at a time as fit a register.
    for (int i0 = 0; i0 < count[l]; i0 += kLanes) {
      V total{};
      for (int t0 = 0; t0 < kSumLanes; t0 += kLanes) {
        V square[kLanes];
        for (int r = 0; r < kLanes; r++) square[r] = load(sums[l] + static_cast<size_t>(i0 + r) * kSumLanes + t0);
        transpose(square);
        for (int t = 0; t < kLanes; t++) total += square[t];
      }
      for (int r = 0; r < kLanes && i0 + r < count[l]; r++) out[active[l][i0 + r]] = total[r];
    }
  }

  Network& net;
  const float* const parameters;
  const float* const inputs;
  const int s;
  const float scale;
  const OutputSample sample;
  const int L, K, hidden;
  const bool folds, weighted;
  float* const norms;
  float* const v;
  float* const residuals;
  float* const second;  // L'' of the sample's outputs, where it differs
  float* const topScaled;
  float* const* const scaled;
  float* const* const rows;
  float* const* const sums;
  int* const* const active;
  int* const count;
  bool everyTop = true;
  double sampledR = 0, sampledT = 0;
};

}  // namespace RP_ISA
}  // namespace rp
