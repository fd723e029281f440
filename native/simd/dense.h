// Forward pass, loss and gradient.
#pragma once
#include <cmath>

#include "../network.h"
#include "activation.h"
#include "gemm.h"

namespace rp {
namespace RP_ISA {

// out = left x right by panels, rows in as many chunks as give each thread a few tasks.
// pack(panel, n, buffer) gives a panel, packed into the buffer or elsewhere; epilogue(row, column, n, v0, v1) takes n
// columns of a row.
template <class Left, class Pack, class Epilogue>
void multiply(Network& net, int rows, int columns, int K, const Left& left, const Pack& pack,
              const Epilogue& epilogue) {
  const int panels = panelCount(columns), wanted = 4 * net.pool->threads();
  const int blocks = (rows + kTileRows - 1) / kTileRows;
  int chunks = (wanted + panels - 1) / panels;
  if (net.pool->threads() == 1) chunks = 1;
  if (chunks > blocks) chunks = blocks;
  parallelFor(*net.pool, panels * chunks, [&](int task, int thread) {
    const int panel = task / chunks, chunk = task % chunks;
    const int first = blocks * chunk / chunks * kTileRows, end = blocks * (chunk + 1) / chunks * kTileRows;
    const int n = panelWidth(columns, panel);
    const float* packed = pack(panel, n, net.panel[thread]);
    multiplyPanel(first, end < rows ? end : rows, K, left, packed,
                  [&](int row, V v0, V v1) { epilogue(row, panel * kPanel, n, v0, v1); });
  });
}

// W_{layers-1} as panels; they serve the forward pass and then the curvature.
inline void packTop(Network& net, const float* parameters) {
  const int l = net.layers - 1, in = net.sizes[l], out = net.sizes[l + 1];
  parallelFor(*net.pool, panelCount(out), [&](int panel, int) {
    packRows(in, net.weights(parameters, l), [=](int t) { return panel * kPanel + t; }, panelWidth(out, panel),
             net.topPanels + static_cast<size_t>(panel) * in * kPanel);
  });
}

// a_{l+1} = f(W a_l + b), and f'.
template <class F>
void forwardLayer(Network& net, int l, const float* parameters, const float* inputs, int rows) {
  const int in = net.sizes[l], out = net.sizes[l + 1];
  const float *weights = net.weights(parameters, l), *biases = weights + net.weightCount(l);
  float* value = net.activations[l];
  float* derivative = l < net.layers - 1 ? net.derivatives[l] : nullptr;
  multiply(
      net, rows, out, in, RowMajor{net.inputsOf(inputs, l), static_cast<size_t>(in)},
      [&](int panel, int n, float* buffer) -> const float* {
        if (l == net.layers - 1) return net.topPanels + static_cast<size_t>(panel) * in * kPanel;
        packRows(in, weights, [=](int t) { return panel * kPanel + t; }, n, buffer);
        return buffer;
      },
      [&](int row, int column, int n, V z0, V z1) {
        V b0, b1;
        loadPart(biases + column, n, b0, b1);
        const V a0 = F::value(z0 + b0), a1 = F::value(z1 + b1);
        const size_t at = static_cast<size_t>(row) * out + column;
        storePart(value + at, n, a0, a1);
        if (derivative) storePart(derivative + at, n, F::derivative(a0), F::derivative(a1));
      });
}

inline void forward(Network& net, const float* parameters, const float* inputs, int rows) {
  for (int l = 0; l < net.layers; l++) {
    if (l == net.layers - 1) {
      packTop(net, parameters);
      forwardLayer<Linear>(net, l, parameters, inputs, rows);
    } else {
      switch (net.activation) {
        case Activation::kTanh: forwardLayer<Tanh>(net, l, parameters, inputs, rows); break;
        case Activation::kRelu: forwardLayer<Relu>(net, l, parameters, inputs, rows); break;
        case Activation::kSigmoid: forwardLayer<Sigmoid>(net, l, parameters, inputs, rows); break;
      }
    }
  }
}

// (1/S) sum (y - t)^2, summed in double, row by row in order; delta = 2 (y - t) / S.
inline double loss(Network& net, const float* targets, int rows) {
  constexpr int kChains = 8;  // sums side by side, so that the additions do not wait for each other
  const int outputs = net.sizes[net.layers], perTask = 16;
  const double total = static_cast<double>(rows) * outputs;
  const float scale = static_cast<float>(2 / total);
  parallelFor(*net.pool, (rows + perTask - 1) / perTask, [&](int task, int) {
    for (int row = task * perTask; row < rows && row < (task + 1) * perTask; row++) {
      const size_t at = static_cast<size_t>(row) * outputs;
      const float* __restrict y = net.activations[net.layers - 1] + at;
      const float* __restrict t = targets + at;
      float* __restrict delta = net.deltas[net.layers - 1] + at;
      double sums[kChains] = {};
      int k = 0;
      for (; k + kChains <= outputs; k += kChains)
        for (int j = 0; j < kChains; j++) {
          const float error = y[k + j] - t[k + j];
          sums[j] += static_cast<double>(error) * error;
          delta[k + j] = scale * error;
        }
      double sum = 0;
      for (double part : sums) sum += part;
      for (; k < outputs; k++) {
        const float error = y[k] - t[k];
        sum += static_cast<double>(error) * error;
        delta[k] = scale * error;
      }
      net.rowLoss[row] = sum;
    }
  });
  double sum = 0;
  for (int row = 0; row < rows; row++) sum += net.rowLoss[row];
  return sum / total;
}

// delta_{l-1} = (delta_l W_l) f'(z_{l-1})
inline void backwardLayer(Network& net, int l, const float* parameters, int rows) {
  const int in = net.sizes[l], out = net.sizes[l + 1];
  const float *weights = net.weights(parameters, l), *derivative = net.derivatives[l - 1];
  float* delta = net.deltas[l - 1];
  multiply(
      net, rows, in, out, RowMajor{net.deltas[l], static_cast<size_t>(out)},
      [&](int panel, int n, float* buffer) {
        packColumns(out, Rows{weights, static_cast<size_t>(in)}, panel * kPanel, n, buffer, keep);
        return buffer;
      },
      [&](int row, int column, int n, V v0, V v1) {
        const size_t at = static_cast<size_t>(row) * in + column;
        V d0, d1;
        loadPart(derivative + at, n, d0, d1);
        storePart(delta + at, n, v0 * d0, v1 * d1);
      });
}

// For every layer: weights of out[o][i] = sum_s deltas[s][o] map(a[s][i]), biases = sum_s deltas[s][o].
// The last step of both the gradient and the curvature, all layers' panels in one parallel run.
template <class Map>
void outerProducts(Network& net, const float* inputs, int rows, float* out, const Map& map) {
  int tasks = 0;
  for (int l = 0; l < net.layers; l++) tasks += panelCount(net.sizes[l]) + 1;
  parallelFor(*net.pool, tasks, [&](int task, int thread) {
    int l = 0;
    for (; task >= panelCount(net.sizes[l]) + 1; l++) task -= panelCount(net.sizes[l]) + 1;
    const int in = net.sizes[l], units = net.sizes[l + 1], panel = task;
    const float* delta = net.deltas[l];
    float* weights = net.weights(out, l);
    if (panel == panelCount(in)) {
      float* biases = weights + net.weightCount(l);
      for (int o = 0; o < units; o++) biases[o] = delta[o];
      for (int s = 1; s < rows; s++)
        for (int o = 0; o < units; o++) biases[o] += delta[static_cast<size_t>(s) * units + o];
      return;
    }
    const int column = panel * kPanel, n = panelWidth(in, panel);
    packColumns(rows, Rows{net.inputsOf(inputs, l), static_cast<size_t>(in)}, column, n, net.panel[thread], map);
    multiplyPanel(0, units, rows, ColumnMajor{delta, static_cast<size_t>(units)}, net.panel[thread],
                  [&](int o, V v0, V v1) { storePart(weights + static_cast<size_t>(o) * in + column, n, v0, v1); });
  });
}

inline void gradient(Network& net, const float* parameters, const float* inputs, int rows, float* out) {
  for (int l = net.layers - 1; l > 0; l--) backwardLayer(net, l, parameters, rows);
  outerProducts(net, inputs, rows, out, keep);
}

}  // namespace RP_ISA
}  // namespace rp
