// Parameter updates, one pass over memory each. Plain loops: the compiler makes vectors of them.
#pragma once
#include <cmath>

#include "../kernels.h"
#include "dense.h"

namespace rp {
namespace RP_ISA {

// Whether a float's bits are those of an infinity or NaN, as an integer, so that the reduction vectorizes.
inline uint32_t notFinite(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return (bits & 0x7f800000u) == 0x7f800000u;
}

// body(first, last) updates that range and returns whether it met a value that is not finite. Ranges are those of the
// homes' units, cut into pieces.
template <class Body>
bool updateRanges(Network& net, const Body& body) {
  constexpr size_t kPiece = 1 << 13;
  std::atomic<uint32_t> bad{0};
  const int parts = homes(net);
  int counts[kMaxLayers];
  for (int l = 0; l < net.layers; l++) counts[l] = parts * static_cast<int>(net.weightCount(l) / parts / kPiece + 1);
  parallelKinds(net, counts, net.layers, [&](int l, int index, int) {
    const int pieces = counts[l] / parts, home = index / pieces, piece = index % pieces;
    const auto begin = [&](int of) {  // where a home's part of the layer begins; the biases are the last one's
      return of == parts ? net.weightOffset[l + 1]
                         : net.weightOffset[l] + static_cast<size_t>(homeFirst(net, net.sizes[l + 1], of)) * net.sizes[l];
    };
    const size_t first = begin(home), length = begin(home + 1) - first;
    if (body(first + length * piece / pieces, first + length * (piece + 1) / pieces))
      bad.store(1, std::memory_order_relaxed);
  });
  return bad.load() == 0;
}

inline bool sgd(Network& net, float* parameters, const float* gradient, float learningRate, Momentum momentum) {
  return updateRanges(net, [&](size_t first, size_t last) {
    float* __restrict w = parameters;
    const float* __restrict g = gradient;
    float* __restrict v = momentum.buffer;
    const float mu = momentum.coefficient;
    uint32_t bad = 0;
    if (v == nullptr) {
      for (size_t i = first; i < last; i++) {
        w[i] -= learningRate * g[i];
        bad |= notFinite(w[i]);
      }
    } else {
      const float direct = momentum.nesterov ? 1.f : 0.f, buffered = momentum.nesterov ? mu : 1.f;
      for (size_t i = first; i < last; i++) {
        v[i] = mu * v[i] + g[i];
        w[i] -= learningRate * (direct * g[i] + buffered * v[i]);
        bad |= notFinite(w[i]);
      }
    }
    return bad;
  });
}

inline bool adam(Network& net, float* parameters, const float* gradient, float* firstMoment, float* secondMoment,
                 const AdamConstants& constants) {
  const AdamConstants c = constants;
  return updateRanges(net, [&](size_t first, size_t last) {
    float* __restrict w = parameters;
    const float* __restrict g = gradient;
    float* __restrict m = firstMoment;
    float* __restrict v = secondMoment;
    uint32_t bad = 0;
    for (size_t i = first; i < last; i++) {
      m[i] = c.beta1 * m[i] + c.complement1 * g[i];
      v[i] = c.beta2 * v[i] + c.complement2 * g[i] * g[i];
      w[i] -= c.learningRate * (m[i] * c.scale1) / (std::sqrt(v[i] * c.scale2) + c.epsilon);
      bad |= notFinite(w[i]);
    }
    return bad;
  });
}

// eq. (6): w -= lambda g / h, with 0 where h = 0; h, where there is an average, being that.
inline bool residualPartitioning(Network& net, float* parameters, const float* gradient, const float* curvature,
                                 float learningRate, Momentum momentum, Average average) {
  return updateRanges(net, [&](size_t first, size_t last) {
    float* __restrict w = parameters;
    const float* __restrict g = gradient;
    float* __restrict m = momentum.buffer;
    if (average.buffer) {
      float* __restrict mean = average.buffer;
      const float* __restrict now = curvature;
      for (size_t i = first; i < last; i++) mean[i] = average.decay * mean[i] + average.complement * now[i];
    }
    const float* __restrict h = average.buffer ? average.buffer : curvature;
    const float mu = momentum.coefficient;
    uint32_t bad = 0;
    if (m == nullptr) {
      for (size_t i = first; i < last; i++) {
        w[i] -= learningRate * (h[i] != 0.f ? g[i] / h[i] : 0.f);
        bad |= notFinite(w[i]);
      }
    } else {
      const float direct = momentum.nesterov ? momentum.complement : 0.f, buffered = momentum.nesterov ? mu : 1.f;
      for (size_t i = first; i < last; i++) {
        const float d = h[i] != 0.f ? g[i] / h[i] : 0.f;
        m[i] = mu * m[i] + momentum.complement * d;
        w[i] -= learningRate * (direct * d + buffered * m[i]);
        bad |= notFinite(w[i]);
      }
    }
    return bad;
  });
}

}  // namespace RP_ISA
}  // namespace rp
