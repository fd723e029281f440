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
struct Registers {
  unsigned a = 0, b = 0, c = 0, d = 0;
};
Registers cpuid(unsigned leaf) {
  Registers found;
  if (!__get_cpuid_count(leaf, 0, &found.a, &found.b, &found.c, &found.d)) return {};
  return found;
}
bool has(unsigned word, unsigned bits) { return (word & bits) == bits; }

// Whether the system saves these registers when it changes threads, by their bits in xcr0.
constexpr unsigned kOsxsave = 1u << 27, kYmm = 0x6, kZmm = 0xe6;
bool saves(unsigned registers) {
  if (!has(cpuid(1).c, kOsxsave)) return false;
#if defined(__APPLE__)  // macOS saves those of AVX-512 from a thread's first use of them on, and says so only then
  registers &= kYmm;
#endif
  unsigned low = 0, high = 0;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return has(low, registers);
}

// Asked of the processor itself: the compiler's own check needs a library that Zig's clang comes without.
// By cpuid's leaf 1 (kFma, kAvx) and leaf 7.
constexpr unsigned kFma = 1u << 12, kAvx = 1u << 28, kAvx2 = 1u << 5;
constexpr unsigned kAvx512 = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31;  // F, DQ, BW and VL
bool hasAvx2() { return saves(kYmm) && has(cpuid(1).c, kFma | kAvx) && has(cpuid(7).b, kAvx2); }
bool hasAvx512() { return hasAvx2() && saves(kZmm) && has(cpuid(7).b, kAvx512); }

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
