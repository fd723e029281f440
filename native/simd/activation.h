// f and f' on vectors. NaN stays NaN in all of them.
#pragma once
#include "vector.h"

namespace rp {
namespace RP_ISA {

// exp(x) = 2^n (1 + p), n = round(x / ln 2), p = exp(r) - 1 with |r| <= ln 2 / 2. The Taylor polynomial of degree 7
// leaves a relative error of r^8 / 8! < 6e-9, below float32's 6e-8. x must lie in [-87, 88].
inline void expParts(V x, V& p, V& scale) {
  const float kRound = 12582912.f;  // 1.5 * 2^23: adding it rounds to an integer, which its low bits then hold
  const V shifted = fma(x, 1.44269504f, splat(kRound));
  const V n = shifted - kRound;
  const V r = fma(n, 2.12194440e-4f, fma(n, -0.693359375f, x));  // ln 2 in two parts; n times the first is exact
  V q = splat(1.f / 5040);
  q = fma(q, r, 1.f / 720);
  q = fma(q, r, 1.f / 120);
  q = fma(q, r, 1.f / 24);
  q = fma(q, r, 1.f / 6);
  q = fma(q, r, 0.5f);
  p = fma(q * r, r, r);
  scale = (V)((((I)shifted - (I)splat(kRound)) + 127) << 23);
}

struct Linear {
  static V value(V z) { return z; }
  static V derivative(V) { return splat(1.f); }
};

struct Tanh {
  // tanh |z| = E / (E + 2), E = exp(2 |z|) - 1 formed without cancellation; from |z| = 9.02 on it rounds to 1.
  static V value(V z) {
    const V magnitude = abs(z);
    V p, scale;
    expParts(2.f * select(magnitude > 9.1f, splat(9.1f), magnitude), p, scale);
    const V e = fma(scale, p, scale - 1.f);
    const V a = e / (e + 2.f);
    return (V)((I)a | ((I)z & INT32_MIN));
  }
  static V derivative(V a) { return fma(-a, a, 1.f); }
};

struct Relu {
  static V value(V z) { return select(z < 0.f, V{}, z); }
  static V derivative(V a) { return select(a > 0.f, splat(1.f), V{}); }
};

struct Sigmoid {
  static V value(V z) {
    const V low = select(z < -80.f, splat(-80.f), z);
    V p, scale;
    expParts(-select(low > 80.f, splat(80.f), low), p, scale);
    return 1.f / (1.f + fma(scale, p, scale));
  }
  static V derivative(V a) { return a * (1.f - a); }
};

}  // namespace RP_ISA
}  // namespace rp
