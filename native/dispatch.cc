#include <cstring>

#include "kernels.h"

namespace rp {
namespace {

struct Entry {
  const Kernels* kernels;
  bool runsHere;
};

}  // namespace

const Kernels* selectKernels(const char* name) {
  // Best first. AVX-512 would be a row here and a file in simd/; measured on Zen 4, 16 lanes were a quarter slower.
  const Entry entries[] = {
#if defined(__x86_64__)
      {&kAvx512Kernels, __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")},
      {&kAvx2Kernels, __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")},
#endif
      {&kPortableKernels, true},
  };
  for (const Entry& entry : entries)
    if (entry.runsHere && (name == nullptr || std::strcmp(name, entry.kernels->name) == 0)) return entry.kernels;
  return nullptr;
}

}  // namespace rp
