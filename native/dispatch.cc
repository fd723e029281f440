#include "dispatch.h"

#include <cstring>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace rp {
namespace {

// By the processor, not by a race between the kernels, so that a machine takes the same ones every time. AVX2 and
// AVX-512 give the same bits (simd/vector.h): the choice decides nothing but speed.
struct Row {
  const char* vendor;
  int leastFamily, mostFamily;
  int model;  // -1: every one
  bool avx512;
};
constexpr int kAny = -1;
// The first row that fits counts. Measured: the exact curvature of a batch on one thread in ms, AVX2 -> AVX-512.
constexpr Row kRows[] = {
    {"AuthenticAMD", 0x19, 0x19, kAny, false},  // Zen 4, which halves 512-bit operations: 62 -> 82
    {"AuthenticAMD", 0x1a, 0xff, kAny, true},   // Zen 5 (EPYC): 47.6 -> 21.2
    // Intel's client cores with AVX-512 have one unit for 512-bit multiply-adds, no more than two of 256. Not measured.
    {"GenuineIntel", 0x06, 0x06, 0x66, false},  // Cannon Lake
    {"GenuineIntel", 0x06, 0x06, 0x7d, false},  // Ice Lake
    {"GenuineIntel", 0x06, 0x06, 0x7e, false},  // Ice Lake
    {"GenuineIntel", 0x06, 0x06, 0x8c, false},  // Tiger Lake
    {"GenuineIntel", 0x06, 0x06, 0x8d, false},  // Tiger Lake
    {"GenuineIntel", 0x06, 0x06, 0xa7, false},  // Rocket Lake
    {"GenuineIntel", 0x06, 0xff, kAny, true},   // server cores (Xeon): 69.6 -> 38.7
};

#if defined(__x86_64__)
// The compiler's check looks at what the system saves of the registers, too.
bool hasAvx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
bool hasAvx512() {
  return hasAvx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
}

bool takesAvx512() {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  char vendor[13] = "";
  if (!__get_cpuid(0, &eax, &ebx, &ecx, &edx)) return false;
  std::memcpy(vendor, &ebx, 4);
  std::memcpy(vendor + 4, &edx, 4);
  std::memcpy(vendor + 8, &ecx, 4);
  if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx)) return false;
  int family = eax >> 8 & 0xf, model = eax >> 4 & 0xf;
  if (family == 0x6 || family == 0xf) model |= eax >> 12 & 0xf0;
  if (family == 0xf) family += eax >> 20 & 0xff;
  return prefersAvx512({vendor, family, model});
}
#endif

}  // namespace

bool prefersAvx512(const Processor& processor) {
  for (const Row& row : kRows)
    if (std::strcmp(row.vendor, processor.vendor) == 0 && row.leastFamily <= processor.family &&
        processor.family <= row.mostFamily && (row.model == kAny || row.model == processor.model))
      return row.avx512;
  return false;  // unknown: what is fast on every processor
}

int availableKernels(const Kernels** tables) {
  int count = 0;
#if defined(__x86_64__)
  const bool wide = hasAvx512(), first = wide && takesAvx512();
  if (first) tables[count++] = &kAvx512Kernels;
  if (hasAvx2()) tables[count++] = &kAvx2Kernels;
  if (wide && !first) tables[count++] = &kAvx512Kernels;
#elif defined(__aarch64__)
  tables[count++] = &kNeonKernels;
#endif
  tables[count++] = &kPortableKernels;
  return count;
}

const Kernels* selectKernels(const char* name) {
  const Kernels* tables[kMostTables];
  const int count = availableKernels(tables);
  for (int i = 0; i < count; i++)
    if (name == nullptr || std::strcmp(name, tables[i]->name) == 0) return tables[i];
  return nullptr;
}

}  // namespace rp
