// Forward pass and gradient.
#pragma once
#include <cmath>

#include "../network.h"
#include "activation.h"
#include "gemm.h"

namespace rp {
namespace RP_ISA {

// The same units of a layer are one thread's to pack, to differentiate and to update, as far as tasks are shared out
// evenly (pool.h): a core then finds its part of the parameters in its own cache. Where two cores exchanged data slowly,
// a step of SGD took 825 microseconds without and 793 with this, one of sampled RP 2,011 and 1,806 (AVX-512); where they
// did it quickly, there was no difference. More homes than four are not worth packing the activations once for each.
inline int homes(const Network& net) { return net.pool->threads() < 4 ? net.pool->threads() : 4; }
inline int homeFirst(const Network& net, int units, int home) {
  const int first = panelCount(units) * home / homes(net) * kPanel;
  return first < units ? first : units;
}

// Tasks of several kinds, counts[kind] of each, in the order of their homes: which one of which kind `task` is.
struct Place {
  int kind, index;
};
inline Place placeOf(int task, const int* counts, int kinds, int homes) {
  for (int home = 0;; home++)
    for (int kind = 0; kind < kinds; kind++) {
      const int first = counts[kind] * home / homes, last = counts[kind] * (home + 1) / homes;
      if (task < last - first) return {kind, first + task};
      task -= last - first;
    }
}
// run(kind, index, thread) for all of them in one parallel run.
template <class Run>
void parallelKinds(Network& net, const int* counts, int kinds, const Run& run) {
  int tasks = 0;
  for (int kind = 0; kind < kinds; kind++) tasks += counts[kind];
  parallelFor(*net.pool, tasks, [&](int task, int thread) {
    const Place place = placeOf(task, counts, kinds, homes(net));
    run(place.kind, place.index, thread);
  });
}

// out = left x right by panels, rows in as many chunks as give each thread some tasks.
// pack(panel, n, buffer) gives a panel, packed into the buffer or elsewhere; epilogue(row, column, n, v0, v1) takes n
// columns of a row.
template <class Left, class Pack, class Epilogue>
class Product {
 public:
  Product(Network& net, int rows, int columns, int K, const Left& left, const Pack& pack, const Epilogue& epilogue)
      : net(net), rows(rows), columns(columns), K(K), left(left), pack(pack), epilogue(epilogue) {
    const int panels = panelCount(columns), wanted = net.pool->threads() == 1 ? 1 : 8 * net.pool->threads();
    chunks = (wanted + panels - 1) / panels;
    if (chunks > blocks()) chunks = blocks();
  }
  int tasks() const { return panelCount(columns) * chunks; }
  void run(int task, int thread) const {
    const int panel = task / chunks, chunk = task % chunks;
    const int first = blocks() * chunk / chunks * kTileRows, end = blocks() * (chunk + 1) / chunks * kTileRows;
    const int n = panelWidth(columns, panel);
    const float* packed = pack(panel, n, net.panel[thread]);
    multiplyPanel(first, end < rows ? end : rows, K, left, packed,
                  [&](int row, V v0, V v1) { epilogue(row, panel * kPanel, n, v0, v1); });
  }

 private:
  int blocks() const { return (rows + kTileRows - 1) / kTileRows; }
  Network& net;
  const int rows, columns, K;
  const Left left;
  const Pack pack;
  const Epilogue epilogue;
  int chunks;
};

template <class P>
void runAlone(Network& net, const P& product) {
  parallelFor(*net.pool, product.tasks(), [&](int task, int thread) { product.run(task, thread); });
}

// run(first, last) for all rows, some tiles of them at a time.
template <class Run>
void parallelRows(Network& net, int rows, const Run& run) {
  const int block = roundUp((rows - 1) / (4 * net.pool->threads()) + 1, kTileRows);
  parallelFor(*net.pool, (rows + block - 1) / block, [&](int task, int) {
    run(task * block, (task + 1) * block < rows ? (task + 1) * block : rows);
  });
}

// How f and f' of a hidden layer's sums are written.
template <class F>
struct Activate {
  const float* biases;
  float *value, *derivative;  // derivative: null in the output layer
  size_t units;
  void operator()(int row, int column, int n, V z0, V z1) const {
    V b0, b1;
    loadPart(biases + column, n, b0, b1);
    const V a0 = F::value(z0 + b0), a1 = F::value(z1 + b1);
    const size_t at = static_cast<size_t>(row) * units + column;
    storePart(value + at, n, a0, a1);
    if (derivative) storePart(derivative + at, n, F::derivative(a0), F::derivative(a1));
  }
};
template <class F>
Activate<F> activate(Network& net, int l, const float* parameters) {
  return {net.weights(parameters, l) + net.weightCount(l), net.activations[l],
          l < net.layers - 1 ? net.derivatives[l] : nullptr, static_cast<size_t>(net.sizes[l + 1])};
}

// Rows first..last-1 of a product whose right operand is packed whole, panel by panel.
template <class Left, class Epilogue>
void multiplyRows(int first, int last, int columns, int K, const Left& left, const float* panels,
                  const Epilogue& epilogue) {
  for (int panel = 0; panel < panelCount(columns); panel++)
    multiplyPanel(first, last, K, left, panels + static_cast<size_t>(panel) * K * kPanel, [&](int row, V v0, V v1) {
      epilogue(row, panel * kPanel, panelWidth(columns, panel), v0, v1);
    });
}

// a_{l+1} = f(W a_l + b), and f', for every layer, in three parallel runs: the first layer, beside which the weights of
// the others are packed; the other hidden layers, a few rows at a time; the output layer. The output layer's panels
// then serve the curvature, too.
template <class F>
void forwardLayers(Network& net, const float* parameters, const float* inputs, int rows) {
  const int L = net.layers, top = L - 1;
  const auto left = [&](int l) { return RowMajor{net.inputsOf(inputs, l), static_cast<size_t>(net.sizes[l])}; };
  const auto packWeights = [&](int l, int panel, float* out) {
    packRows(net.sizes[l], net.weights(parameters, l), [=](int t) { return panel * kPanel + t; },
             panelWidth(net.sizes[l + 1], panel), out);
  };
  const auto panelOf = [&](int l, int panel) {
    return net.forwardPanels[l] + static_cast<size_t>(panel) * net.sizes[l] * kPanel;
  };
  const Product bottom(net, rows, net.sizes[1], net.sizes[0], left(0),
                       [&](int panel, int, float* buffer) -> const float* {
                         packWeights(0, panel, buffer);
                         return buffer;
                       },
                       activate<F>(net, 0, parameters));
  int counts[kMaxLayers];
  counts[0] = L > 1 ? bottom.tasks() : panelCount(net.sizes[1]);
  for (int l = 1; l < L; l++) counts[l] = panelCount(net.sizes[l + 1]);
  parallelKinds(net, counts, L, [&](int l, int index, int thread) {
    if (l == 0 && L > 1) bottom.run(index, thread);
    else packWeights(l, index, panelOf(l, index));
  });
  if (L > 2)
    parallelRows(net, rows, [&](int first, int last) {
      for (int l = 1; l < top; l++)
        multiplyRows(first, last, net.sizes[l + 1], net.sizes[l], left(l), net.forwardPanels[l],
                     activate<F>(net, l, parameters));
    });
  runAlone(net, Product(net, rows, net.sizes[L], net.sizes[top], left(top),
                        [&](int panel, int, float*) -> const float* { return panelOf(top, panel); },
                        activate<Linear>(net, top, parameters)));
}

inline void forward(Network& net, const float* parameters, const float* inputs, int rows) {
  switch (net.activation) {
    case Activation::kTanh: return forwardLayers<Tanh>(net, parameters, inputs, rows);
    case Activation::kRelu: return forwardLayers<Relu>(net, parameters, inputs, rows);
    case Activation::kSigmoid: return forwardLayers<Sigmoid>(net, parameters, inputs, rows);
  }
}

// How delta_{l-1} is written: the product times f'(z_{l-1}).
struct TimesDerivative {
  const float* derivative;
  float* delta;
  size_t units;
  void operator()(int row, int column, int n, V v0, V v1) const {
    const size_t at = static_cast<size_t>(row) * units + column;
    V d0, d1;
    loadPart(derivative + at, n, d0, d1);
    storePart(delta + at, n, v0 * d0, v1 * d1);
  }
};

// delta_{l-1} = (delta_l W_l) f'(z_{l-1}), in two parallel runs: from the output layer, beside which the weights of the
// others are packed; then the others, a few rows at a time.
inline void backward(Network& net, const float* parameters, int rows) {
  const int top = net.layers - 1;
  const auto left = [&](int l) { return RowMajor{net.deltas[l], static_cast<size_t>(net.sizes[l + 1])}; };
  const auto write = [&](int l) {
    return TimesDerivative{net.derivatives[l - 1], net.deltas[l - 1], static_cast<size_t>(net.sizes[l])};
  };
  const auto packWeights = [&](int l, int panel, float* out) {
    const size_t in = net.sizes[l];
    packColumns(net.sizes[l + 1], Rows{net.weights(parameters, l), in}, panel * kPanel,
                panelWidth(net.sizes[l], panel), out, keep);
  };
  const Product first(net, rows, net.sizes[top], net.sizes[net.layers], left(top),
                      [&](int panel, int, float* buffer) -> const float* {
                        packWeights(top, panel, buffer);
                        return buffer;
                      },
                      write(top));
  int counts[kMaxLayers];
  counts[0] = first.tasks();
  for (int l = 1; l < top; l++) counts[l] = panelCount(net.sizes[l]);
  parallelKinds(net, counts, top, [&](int l, int index, int thread) {
    if (l == 0) first.run(index, thread);
    else packWeights(l, index, net.backwardPanels[l] + static_cast<size_t>(index) * net.sizes[l + 1] * kPanel);
  });
  if (top < 2) return;
  parallelRows(net, rows, [&](int begin, int end) {
    for (int l = top - 1; l > 0; l--)
      multiplyRows(begin, end, net.sizes[l], net.sizes[l + 1], left(l), net.backwardPanels[l], write(l));
  });
}

// For every layer: weights of out[o][i] = sum_s deltas[s][o] map(a[s][i]), biases = sum_s deltas[s][o].
// The last step of both the gradient and the curvature, all layers in one parallel run: a task is a panel of the inputs
// for one home's units, or that home's biases.
template <class Map>
void outerProducts(Network& net, const float* inputs, int rows, float* out, const Map& map) {
  int counts[kMaxLayers];
  for (int l = 0; l < net.layers; l++) counts[l] = homes(net) * (panelCount(net.sizes[l]) + 1);
  parallelKinds(net, counts, net.layers, [&](int l, int index, int thread) {
    const int in = net.sizes[l], units = net.sizes[l + 1], panels = panelCount(in);
    const int home = index / (panels + 1), panel = index % (panels + 1);
    const int first = homeFirst(net, units, home), last = homeFirst(net, units, home + 1);
    const float* delta = net.deltas[l];
    float* weights = net.weights(out, l);
    if (panel == panels) {
      float* biases = weights + net.weightCount(l);
      for (int o = first; o < last; o++) biases[o] = delta[o];
      for (int s = 1; s < rows; s++)
        for (int o = first; o < last; o++) biases[o] += delta[static_cast<size_t>(s) * units + o];
    } else if (first < last) {
      const int column = panel * kPanel, n = panelWidth(in, panel);
      packColumns(rows, Rows{net.inputsOf(inputs, l), static_cast<size_t>(in)}, column, n, net.panel[thread], map);
      multiplyPanel(first, last, rows, ColumnMajor{delta, static_cast<size_t>(units)}, net.panel[thread],
                    [&](int o, V v0, V v1) { storePart(weights + static_cast<size_t>(o) * in + column, n, v0, v1); });
    }
  });
}

inline void gradient(Network& net, const float* parameters, const float* inputs, int rows, float* out) {
  if (net.layers > 1) backward(net, parameters, rows);
  outerProducts(net, inputs, rows, out, keep);
}

}  // namespace RP_ISA
}  // namespace rp
