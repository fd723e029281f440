#include "kernels.h"

namespace rp {
namespace {

// base^exponent by repeated squaring: products alone, which every processor rounds alike, where the last bit of pow is
// the C library's own. Its relative error of some exponent * 1e-16 leaves 1 - base^exponent exact to float32: with
// base = 0.999 it is off by 4e-14 at most.
double power(double base, double exponent) {
  double result = 1;
  for (uint64_t left = static_cast<uint64_t>(exponent); left > 0; left >>= 1, base *= base)
    if (left & 1) result *= base;
  return result;
}

}  // namespace

AdamConstants adamConstants(double learningRate, double beta1, double beta2, double epsilon, double step) {
  const auto single = [](double value) { return static_cast<float>(value); };
  return {
      single(learningRate),
      single(beta1),
      single(1 - beta1),
      single(beta2),
      single(1 - beta2),
      single(epsilon),
      single(1 / (1 - power(beta1, step))),
      single(1 / (1 - power(beta2, step))),
  };
}

}  // namespace rp
