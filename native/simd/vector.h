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

// a0 b0 a1 b1 ... of the first (low) or second (high) halves of two vectors.
#if defined(__has_builtin)
#if __has_builtin(__builtin_shufflevector)
#define RP_SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#endif
#endif
#if !defined(RP_SHUFFLE)  // GCC before 12
#define RP_SHUFFLE(a, b, ...) __builtin_shuffle(a, b, I{__VA_ARGS__})
#endif
#if RP_LANES == 8
inline V zipLow(V a, V b) { return RP_SHUFFLE(a, b, 0, 8, 1, 9, 2, 10, 3, 11); }
inline V zipHigh(V a, V b) { return RP_SHUFFLE(a, b, 4, 12, 5, 13, 6, 14, 7, 15); }
#else
inline V zipLow(V a, V b) { return RP_SHUFFLE(a, b, 0, 4, 1, 5); }
inline V zipHigh(V a, V b) { return RP_SHUFFLE(a, b, 2, 6, 3, 7); }
#endif

// A square of kLanes rows, transposed by perfect shuffles.
inline void transpose(V (&rows)[kLanes]) {
#pragma GCC unroll 4
  for (int stage = 1; stage < kLanes; stage *= 2) {
    V next[kLanes];
#pragma GCC unroll 8
    for (int i = 0; i < kLanes / 2; i++) {
      next[2 * i] = zipLow(rows[i], rows[i + kLanes / 2]);
      next[2 * i + 1] = zipHigh(rows[i], rows[i + kLanes / 2]);
    }
#pragma GCC unroll 8
    for (int i = 0; i < kLanes; i++) rows[i] = next[i];
  }
}

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
