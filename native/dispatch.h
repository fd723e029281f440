// Which of the instruction sets that a processor has is taken.
#pragma once
#include "kernels.h"

namespace rp {

// What cpuid says of an x86 processor.
struct Processor {
  const char* vendor;  // twelve letters
  int family, model;   // as /proc/cpuinfo shows them
};

// Whether AVX-512 is the faster one where a processor has both it and AVX2.
bool prefersAvx512(const Processor&);

// The tables that this processor runs, the one it takes first; returns how many.
constexpr int kMostTables = 3;
int availableKernels(const Kernels** tables);

}  // namespace rp
