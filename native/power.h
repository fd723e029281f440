#pragma once
#include <cstdint>

namespace rp {

// base^exponent of a whole exponent by repeated squaring: products alone, which every processor rounds alike, where the
// last bit of pow is the C library's own. Its relative error of some exponent * 1e-16 leaves 1 - base^exponent exact to
// float32: with base = 0.999 it is off by 4e-14 at most.
inline double power(double base, double exponent) {
  double result = 1;
  for (uint64_t rest = static_cast<uint64_t>(exponent); rest > 0; rest /= 2, base *= base)
    if (rest % 2) result *= base;
  return result;
}

}  // namespace rp
