// Vectors by the compiler's extension (GCC and clang), so that one source serves every instruction set. Each
// translation unit of this folder defines RP_ISA, its namespace, RP_LANES, its floats to a register, and RP_TILE_ROWS,
// the rows of its micro-tile.
//
// The same bits from every instruction set that has a fused multiply-add: the compiler contracts nothing
// (-ffp-contract=off), a product and a sum are one rounding where `fma` stands and two where it does not, and every sum
// has one order, whatever the lanes.
#pragma once
#include <cstdint>
#include <cstring>
#if defined(__AVX2__)
#include <immintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

#include "../network.h"

namespace rp {
namespace RP_ISA {

constexpr int kLanes = RP_LANES;
constexpr int kPanel = 2 * kLanes;
constexpr int kTileRows = RP_TILE_ROWS;
static_assert(kPanel <= kMaxPanel && kTileRows <= kMaxTileRows, "network.cc sizes its buffers by the largest");

typedef float V __attribute__((vector_size(4 * RP_LANES)));
typedef int32_t I __attribute__((vector_size(4 * RP_LANES)));
typedef float Tile __attribute__((vector_size(4 * RP_TILE_ROWS)));  // one column of a micro-tile

inline V load(const float* p) {
  V v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
inline Tile loadTile(const float* p) {
  Tile v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
inline void store(float* p, V v) { std::memcpy(p, &v, sizeof v); }
inline void storeTile(float* p, Tile v) { std::memcpy(p, &v, sizeof v); }
inline V splat(float x) { return x - V{}; }
inline V abs(V x) { return (V)((I)x & 0x7fffffff); }
inline V select(I mask, V yes, V no) { return (V)((mask & (I)yes) | (~mask & (I)no)); }

// a b + c in one rounding; in two on the portable path, which so gives other bits than the rest.
inline V fma(V a, V b, V c) {
#if RP_LANES == 16 && defined(__AVX512F__)
  return (V)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif RP_LANES == 8 && defined(__FMA__)
  return (V)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#elif RP_FUSED && defined(__ARM_NEON)
  return (V)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
#elif RP_FUSED
#error "this instruction set has no fused multiply-add here"
#else
  return a * b + c;
#endif
}
inline V fma(V a, float b, V c) { return fma(a, splat(b), c); }
inline V fma(V a, V b, float c) { return fma(a, b, splat(c)); }

// a0 b0 a1 b1 ... of the first (low) or second (high) halves of two vectors.
#if defined(__has_builtin)
#if __has_builtin(__builtin_shufflevector)
#define RP_SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#endif
#endif
#if !defined(RP_SHUFFLE)  // GCC before 12
#define RP_SHUFFLE(a, b, ...) __builtin_shuffle(a, b, I{__VA_ARGS__})
#endif
#if RP_LANES == 16
inline V zipLow(V a, V b) { return RP_SHUFFLE(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23); }
inline V zipHigh(V a, V b) { return RP_SHUFFLE(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31); }
#elif RP_LANES == 8
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
#pragma GCC unroll 16
    for (int i = 0; i < kLanes / 2; i++) {
      next[2 * i] = zipLow(rows[i], rows[i + kLanes / 2]);
      next[2 * i + 1] = zipHigh(rows[i], rows[i + kLanes / 2]);
    }
#pragma GCC unroll 16
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
