// The update of eq. (6), w -= lambda d, and its extensions. The denominator q is h, its moving average, or, with the
// safeguard, the larger of both; with an exponent p
//   d = g / (qm (q / qm)^p),  qm the mean of q over all parameters;  p = 1: d = g / q
// and d = 0 where q = 0.
#pragma once
#include "activation.h"
#include "objective.h"
#include "update.h"

namespace rp {
namespace RP_ISA {

// r^p for r >= 0 and p in 0..1: e^(p ln r), ln r = n ln 2 + 2 artanh s, s = (m - 1) / (m + 1), m in sqrt(1/2)..sqrt(2).
// Infinity and NaN give NaN.
inline V power(V r, float p) {
  const V least = select(r < 1.2e-38f, splat(1.2e-38f), r);
  const I shifted = (I)least - 0x3f3504f3;  // so that the exponent changes at sqrt(1/2)
  const V n = __builtin_convertvector(shifted >> 23, V);
  const V m = (V)((shifted & 0x7fffff) + 0x3f3504f3);
  const V s = (m - 1.f) / (m + 1.f), square = s * s;
  V q = splat(1.f / 9);  // s^11 / 11 < 1e-9
  q = fma(q, square, 1.f / 7);
  q = fma(q, square, 1.f / 5);
  q = fma(q, square, 1.f / 3);
  const V log = fma(n, 0.693147181f, 2.f * fma(s * square, q, s));
  V part, scale;
  expParts(p * log, part, scale);
  return fma(scale, part, scale) + (r - r);
}

struct Denominators {
  const float* curvature;
  const Average average;
  float mean;  // of q, where the exponent is not 1
  float exponent;

  // q of the parameters first..first+n-1, the average being this step's already: where they lie, or in the buffer.
  const float* of(size_t first, int n, float* __restrict buffer) const {
    const float* __restrict now = curvature + first;
    if (average.buffer == nullptr) return now;
    const float* __restrict smooth = average.buffer + first;
    if (!average.safeguard) return smooth;
    for (int i = 0; i < n; i++) buffer[i] = now[i] <= smooth[i] ? smooth[i] : now[i];
    return buffer;
  }
  void updateAverage(size_t first, size_t last) const {
    float* __restrict smooth = average.buffer;
    const float* __restrict now = curvature;
    for (size_t i = first; i < last; i++) smooth[i] = average.decay * smooth[i] + average.complement * now[i];
  }
  // d of the same.
  void direction(const float* __restrict gradient, int n, const float* __restrict q, float* __restrict d) const {
    if (exponent == 1.f) {
      for (int i = 0; i < n; i++) d[i] = q[i] != 0.f ? gradient[i] / q[i] : 0.f;
      return;
    }
    const float inverse = 1.f / mean;
    byVectors(n, [&](int i, int some) {
      const V x = loadSome(q + i, some), quotient = loadSome(gradient + i, some) / (mean * power(x * inverse, exponent));
      storeSome(d + i, some, select(x != 0.f, quotient, V{}));
    });
  }
};
constexpr int kPiece = 256;  // parameters at a time, whose q and d stay in the nearest cache

// The average of this step and, where the exponent asks for it, the mean of q: in blocks of parameters that depend on
// nothing, whose sums are added in order.
inline Denominators prepareDenominators(Network& net, const float* curvature, Average average, float exponent) {
  Denominators q{curvature, average, 0, exponent};
  if (exponent == 1.f && average.buffer == nullptr) return q;
  const size_t count = net.parameterCount();
  const int blocks = static_cast<int>((count + kBlock - 1) / kBlock);
  parallelFor(*net.pool, blocks, [&](int block, int) {
    const size_t first = block * kBlock, last = first + kBlock < count ? first + kBlock : count;
    if (average.buffer) q.updateAverage(first, last);
    if (exponent == 1.f) return;
    double chains[kPiece] = {}, sum = 0;
    float buffer[kPiece];
    for (size_t at = first; at < last; at += kPiece) {
      const int n = last - at < kPiece ? static_cast<int>(last - at) : kPiece;
      const float* piece = q.of(at, n, buffer);
      for (int i = 0; i < n; i++) chains[i] += piece[i];
    }
    for (double chain : chains) sum += chain;
    net.blockSums[block] = sum;
  });
  if (exponent == 1.f) return q;
  double sum = 0;
  for (int block = 0; block < blocks; block++) sum += net.blockSums[block];
  q.mean = static_cast<float>(sum / static_cast<double>(count));
  return q;
}

// body(d, first, n) for pieces of the range, with their directions.
template <class Body>
inline void byDirections(const Denominators& q, const float* gradient, size_t first, size_t last, const Body& body) {
  float buffer[kPiece], d[kPiece];
  for (; first < last; first += kPiece) {
    const int n = last - first < kPiece ? static_cast<int>(last - first) : kPiece;
    q.direction(gradient + first, n, q.of(first, n, buffer), d);
    body(d, first, n);
  }
}

inline bool residualPartitioning(Network& net, float* parameters, const float* gradient, const float* curvature,
                                 float learningRate, Momentum momentum, Average average, float exponent) {
  const Denominators q = prepareDenominators(net, curvature, average, exponent);
  return updateRanges(net, [&](size_t from, size_t to) {
    uint32_t bad = 0;
    byDirections(q, gradient, from, to, [&](const float* __restrict d, size_t first, int n) {
      float* __restrict w = parameters + first;
      if (momentum.buffer == nullptr) {
        for (int i = 0; i < n; i++) {
          w[i] -= learningRate * d[i];
          bad |= notFinite(w[i]);
        }
        return;
      }
      float* __restrict m = momentum.buffer + first;
      const float mu = momentum.coefficient, complement = momentum.complement;
      const float direct = momentum.nesterov ? complement : 0.f, buffered = momentum.nesterov ? mu : 1.f;
      for (int i = 0; i < n; i++) {
        m[i] = mu * m[i] + complement * d[i];
        w[i] -= learningRate * (direct * d[i] + buffered * m[i]);
        bad |= notFinite(w[i]);
      }
    });
    return bad;
  });
}

// d alone, for a step whose length is yet to be found.
inline void direction(Network& net, const float* gradient, const float* curvature, Average average, float exponent,
                      float* out) {
  const Denominators q = prepareDenominators(net, curvature, average, exponent);
  updateRanges(net, [&](size_t from, size_t to) {
    byDirections(q, gradient, from, to,
                 [&](const float* d, size_t first, int n) { std::memcpy(out + first, d, sizeof(float) * n); });
    return 0u;
  });
}

// w += previous = -alpha direction + mu previous.
inline bool moveAlong(Network& net, float* parameters, const float* direction, float* previous, float alpha, float mu) {
  return updateRanges(net, [&](size_t first, size_t last) {
    float* __restrict w = parameters;
    const float* __restrict d = direction;
    float* __restrict p = previous;
    uint32_t bad = 0;
    for (size_t i = first; i < last; i++) {
      p[i] = mu * p[i] - alpha * d[i];
      w[i] += p[i];
      bad |= notFinite(w[i]);
    }
    return bad;
  });
}

}  // namespace RP_ISA
}  // namespace rp
