#include "kernels.h"

namespace rp {

// Eight chains of four floats, so that the units for products and sums are kept busy and no memory is touched.
double multiplyAdd(int rounds) {
  typedef float V4 __attribute__((vector_size(16)));
  constexpr int kChains = 8, kRound = 1 << 16;
  V4 chains[kChains];
  for (int i = 0; i < kChains; i++) chains[i] = V4{1, 2, 3, 4} + static_cast<float>(i);
  const V4 factor = {0.999f, 0.998f, 0.997f, 0.996f}, term = {0.001f, 0.002f, 0.003f, 0.004f};
  for (int round = 0; round < rounds; round++)
    for (int i = 0; i < kRound; i++)
      for (V4& chain : chains) chain = chain * factor + term;
  double sum = 0;
  for (const V4& chain : chains) sum += chain[0] + chain[1] + chain[2] + chain[3];
  return sum;  // so that nothing of it can be left out
}

}  // namespace rp
