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

// m = b1 m + c1 g; v = b2 v + c2 s^2, s the gradient or another signal; w = (w - decay w) - lambda m^ / (sqrt(v^) + eps),
// where ^ corrects the bias and the largest v so far may take v's place; of RMSprop with momentum mu the quotient d goes
// into a velocity first, b = mu b + d; w = w - lambda b. What is null is left out at compile time.
template <bool kFirst, bool kLargest, bool kVelocity = false>
bool adamOf(Network& net, float* parameters, const float* gradient, Moments moments, const AdamConstants& constants) {
  const float* signal = moments.signal ? moments.signal : gradient;
  return updateRanges(net, [&](size_t first, size_t last) {
    const AdamConstants c = constants;  // its own: for all the compiler knows, w may point to one that is captured
    float* __restrict w = parameters;
    const float *g = gradient, *s = signal;
    float* __restrict m = moments.first;
    float* __restrict v = moments.second;
    float* __restrict most = moments.largest;
    float* __restrict b = moments.velocity;
    uint32_t bad = 0;
#pragma GCC ivdep  // seven arrays are more than the compiler compares at run time
    for (size_t i = first; i < last; i++) {
      if (kFirst) m[i] = c.beta1 * m[i] + c.complement1 * g[i];
      v[i] = c.beta2 * v[i] + c.complement2 * s[i] * s[i];
      if (kLargest) most[i] = v[i] <= most[i] ? most[i] : v[i];
      const float direction = (kFirst ? m[i] : g[i]) * c.scale1;
      const float root = std::sqrt((kLargest ? most[i] : v[i]) * c.scale2) + c.epsilon;
      w[i] -= c.decay * w[i];
      if (kVelocity) {
        b[i] = c.momentum * b[i] + direction / root;
        w[i] -= c.learningRate * b[i];
      } else {
        w[i] -= c.learningRate * direction / root;
      }
      bad |= notFinite(w[i]);
    }
    return bad;
  });
}

inline bool adam(Network& net, float* parameters, const float* gradient, Moments moments, const AdamConstants& constants) {
  if (moments.velocity) return adamOf<false, false, true>(net, parameters, gradient, moments, constants);
  const auto update = moments.first ? moments.largest ? adamOf<true, true> : adamOf<true, false>
                                    : moments.largest ? adamOf<false, true> : adamOf<false, false>;
  return update(net, parameters, gradient, moments, constants);
}

// w = (w - decay w) - lambda clip(m / max(gamma h, eps), 1), m and h the averages of gradient and curvature.
inline bool sophia(Network& net, float* parameters, const float* gradient, const float* curvature, float* firstMoment,
                   float* average, const SophiaConstants& constants) {
  return updateRanges(net, [&](size_t first, size_t last) {
    const SophiaConstants c = constants;
    float* __restrict w = parameters;
    const float* __restrict g = gradient;
    float* __restrict m = firstMoment;
    float* __restrict h = average;
    const float* __restrict now = curvature;
    uint32_t bad = 0;
    if (now)
      for (size_t i = first; i < last; i++) h[i] = c.beta2 * h[i] + c.complement2 * now[i];
    for (size_t i = first; i < last; i++) {
      m[i] = c.beta1 * m[i] + c.complement1 * g[i];
      const float scaled = c.gamma * h[i], ratio = m[i] / (scaled < c.epsilon ? c.epsilon : scaled);
      w[i] -= c.decay * w[i];
      w[i] -= c.learningRate * (ratio > 1.f ? 1.f : ratio < -1.f ? -1.f : ratio);
      bad |= notFinite(w[i]);
    }
    return bad;
  });
}

}  // namespace RP_ISA
}  // namespace rp
