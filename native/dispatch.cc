#include <cstring>

#include "kernels.h"

namespace rp {

const Kernels* selectKernels(const char* name) {
#if defined(__x86_64__)
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (avx2 && (name == nullptr || std::strcmp(name, kAvx2Kernels.name) == 0)) return &kAvx2Kernels;
#endif
  if (name == nullptr || std::strcmp(name, kPortableKernels.name) == 0) return &kPortableKernels;
  return nullptr;
}

}  // namespace rp
