// Vectors by the compiler's extension (GCC and clang), so that one source serves every instruction set. Each
// translation unit of this folder defines RP_ISA, its namespace, and RP_LANES, its floats to a register.
#pragma once
#include <cstdint>
#include <cstring>

namespace rp {
namespace RP_ISA {

constexpr int kLanes = RP_LANES;
constexpr int kPanel = 2 * kLanes;

typedef float V __attribute__((vector_size(4 * RP_LANES)));
typedef int32_t I __attribute__((vector_size(4 * RP_LANES)));
typedef float V4 __attribute__((vector_size(16)));

inline V load(const float* p) {
  V v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
inline V4 load4(const float* p) {
  V4 v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
inline void store(float* p, V v) { std::memcpy(p, &v, sizeof v); }
inline void store4(float* p, V4 v) { std::memcpy(p, &v, sizeof v); }
inline V splat(float x) { return x - V{}; }
inline V abs(V x) { return (V)((I)x & 0x7fffffff); }
inline V select(I mask, V yes, V no) { return (V)((mask & (I)yes) | (~mask & (I)no)); }

// One row of a panel: the first n of its kPanel floats to memory.
inline void storePart(float* p, int n, V v0, V v1) {
  if (n == kPanel) {
    store(p, v0);
    store(p + kLanes, v1);
  } else {
    float all[kPanel];
    store(all, v0);
    store(all + kLanes, v1);
    for (int t = 0; t < n; t++) p[t] = all[t];
  }
}
inline void loadPart(const float* p, int n, V& v0, V& v1) {
  if (n == kPanel) {
    v0 = load(p);
    v1 = load(p + kLanes);
  } else {
    float all[kPanel] = {};
    for (int t = 0; t < n; t++) all[t] = p[t];
    v0 = load(all);
    v1 = load(all + kLanes);
  }
}

}  // namespace RP_ISA
}  // namespace rp
