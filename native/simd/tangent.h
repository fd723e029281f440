// J v for a direction v of the parameters, by forward-mode differentiation:
//   dz_l = W_l da_l + V_l a_l + v_l,   da_0 = 0,   da_{l+1} = f'(z_l) dz_l,   J v = dz_{layers-1}
// where V_l, v_l are the direction's weights and biases.
#pragma once
#include "dense.h"

namespace rp {
namespace RP_ISA {

// After forward, with its parameters. Overwrites deltas, which hold da.
inline void jacobianProduct(Network& net, const float* inputs, int rows, const float* direction, float* out) {
  const int L = net.layers, top = L - 1;
  const auto target = [&](int l) { return l == top ? out : net.deltas[l]; };
  // V_l a_l + v_l of all layers in one parallel run.
  const auto ofInputs = [&](int l) {
    const float *weights = net.weights(direction, l), *biases = weights + net.weightCount(l);
    const float* derivative = l == 0 && l < top ? net.derivatives[0] : nullptr;
    float* const to = target(l);
    const size_t in = net.sizes[l], units = net.sizes[l + 1];
    return Product(
        net, rows, net.sizes[l + 1], net.sizes[l], RowMajor{net.inputsOf(inputs, l), in},
        [=](int panel, int n, float* buffer) -> const float* {
          packRows(static_cast<int>(in), weights, [=](int t) { return panel * kPanel + t; }, n, buffer);
          return buffer;
        },
        [=](int row, int column, int n, V v0, V v1) {
          const size_t at = static_cast<size_t>(row) * units + column;
          V b0, b1, d0 = splat(1.f), d1 = d0;
          loadPart(biases + column, n, b0, b1);
          if (derivative) loadPart(derivative + at, n, d0, d1);
          storePart(to + at, n, (v0 + b0) * d0, (v1 + b1) * d1);
        });
  };
  int counts[kMaxLayers];
  for (int l = 0; l < L; l++) counts[l] = ofInputs(l).tasks();
  parallelKinds(net, counts, L, [&](int l, int index, int thread) { ofInputs(l).run(index, thread); });
  // W_l da_l on top, layer by layer.
  for (int l = 1; l < L; l++) {
    const float* derivative = l < top ? net.derivatives[l] : nullptr;
    float* const to = target(l);
    const size_t in = net.sizes[l], units = net.sizes[l + 1];
    runAlone(net, Product(
                      net, rows, net.sizes[l + 1], net.sizes[l], RowMajor{net.deltas[l - 1], in},
                      [&](int panel, int, float*) -> const float* {
                        return net.forwardPanels[l] + static_cast<size_t>(panel) * in * kPanel;
                      },
                      [=](int row, int column, int n, V v0, V v1) {
                        const size_t at = static_cast<size_t>(row) * units + column;
                        V x0, x1, d0 = splat(1.f), d1 = d0;
                        loadPart(to + at, n, x0, x1);
                        if (derivative) loadPart(derivative + at, n, d0, d1);
                        storePart(to + at, n, (v0 + x0) * d0, (v1 + x1) * d1);
                      }));
  }
}

}  // namespace RP_ISA
}  // namespace rp
