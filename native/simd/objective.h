// The objectives on vectors: L(z, t), its slope L' and its curvature L'' at an output z with target t.
//   mean squared error  L = (z - t)^2,                  L' = 2 (z - t),        L'' = 2
//   cross-entropy       L = log(1 + e^z) - t z,         L' = sigma(z) - t,     L'' a bound on sigma (1 - sigma):
//     jaakkola-jordan tanh(|z| / 2) / (2 |z|), 1/4 at 0; boehning 1/4; exact sigma (1 - sigma) itself, no bound
// NaN stays NaN in all of them.
#pragma once
#include "activation.h"

namespace rp {
namespace RP_ISA {

// e^-|z|, of which sigma and log(1 + e^-|z|) are made without overflow.
inline V decay(V z) {
  const V magnitude = abs(z);
  V p, scale;
  expParts(-select(magnitude > 87.f, splat(87.f), magnitude), p, scale);
  return fma(scale, p, scale);
}

// log(1 + u), u in 0..1: 2 artanh s, s = u / (2 + u) <= 1/3, whose series leaves 2 s^17 / 17 < 1e-9.
inline V logOnePlus(V u) {
  const V s = u / (2.f + u), square = s * s;
  V q = splat(1.f / 15);
  q = fma(q, square, 1.f / 13);
  q = fma(q, square, 1.f / 11);
  q = fma(q, square, 1.f / 9);
  q = fma(q, square, 1.f / 7);
  q = fma(q, square, 1.f / 5);
  q = fma(q, square, 1.f / 3);
  return 2.f * fma(s * square, q, s);
}

// L of the cross-entropy, max(z, 0) - t z + log(1 + e^-|z|), and its slope.
inline V crossEntropy(V z, V t, V& slope) {
  const V u = decay(z), whole = 1.f + u;
  slope = select(z < 0.f, u, splat(1.f)) / whole - t;
  return (select(z < 0.f, V{}, z) - t * z) + logOnePlus(u);
}

inline V jaakkolaJordan(V z) {
  const V magnitude = abs(z);  // below 1e-3 it is 1/4 to within 2e-8
  return select(magnitude < 1e-3f, splat(0.25f), Tanh::value(0.5f * magnitude) / (2.f * magnitude));
}

inline V sigmoidSlope(V z) {
  const V u = decay(z), whole = 1.f + u;
  return u / (whole * whole);
}

// L'' where it is the same at every output, else 0.
inline float constantCurvature(Objective objective) {
  switch (objective) {
    case Objective::kSquaredError: return 2.f;
    case Objective::kBoehning: return 0.25f;
    default: return 0.f;
  }
}

// f(first, n) for pieces of at most kLanes of `count` values.
template <class F>
inline void byVectors(int count, const F& f) {
  for (int i = 0; i < count; i += kLanes) f(i, count - i < kLanes ? count - i : kLanes);
}
inline V loadSome(const float* p, int n) {
  if (n == kLanes) return load(p);
  float all[kLanes] = {};
  for (int i = 0; i < n; i++) all[i] = p[i];
  return load(all);
}
inline void storeSome(float* p, int n, V v) {
  if (n == kLanes) return store(p, v);
  float all[kLanes];
  store(all, v);
  for (int i = 0; i < n; i++) p[i] = all[i];
}

// L'' of one sample's outputs.
inline void secondDerivatives(Objective objective, const float* z, int outputs, float* out) {
  const float same = constantCurvature(objective);
  byVectors(outputs, [&](int k, int n) {
    const V x = loadSome(z + k, n);
    storeSome(out + k, n,
              same != 0.f                                 ? splat(same)
              : objective == Objective::kJaakkolaJordan ? jaakkolaJordan(x)
                                                          : sigmoidSlope(x));
  });
}

}  // namespace RP_ISA
}  // namespace rp
