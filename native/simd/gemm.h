// Matrix products by packed panels: out[m][n] = sum_k left[m][k] right[k][n].
// A panel is kPanel columns of the right operand, [k][kPanel], packed by the thread that uses it: some 3 % of the
// product's time, for rows of 64 bytes that lie in L1. The left operand is read where it is, one float at a time
// into all lanes. Every element is summed over k in order, so no result depends on how the work is shared out.
#pragma once
#include "vector.h"

namespace rp {
namespace RP_ISA {

// Left operands: element (row + r, k) for the kTileRows rows of a tile.
struct RowMajor {  // [m][k]
  const float* data;
  size_t stride;
  const float* tile(int row) const { return data + row * stride; }
  size_t rowStep() const { return stride; }
  size_t kStep() const { return 1; }
};
struct ColumnMajor {  // [k][m]
  const float* data;
  size_t stride;
  const float* tile(int row) const { return data + row; }
  static constexpr size_t rowStep() { return 1; }
  size_t kStep() const { return stride; }
};

struct PackedTiles {  // [m / kTileRows][k][kTileRows], m padded with zeros to whole tiles
  const float* data;
  size_t K;
  const float* tile(int row) const { return data + row * K; }
  static constexpr size_t rowStep() { return 1; }
  static constexpr size_t kStep() { return kTileRows; }
};

// Right operands: a packed panel, or the rows of one that `offsets` picks.
struct Panel {
  const float* data;
  const float* row(int k) const { return data + static_cast<size_t>(k) * kPanel; }
};
struct PickedPanel {
  const float* data;
  const int* offsets;
  const float* row(int k) const { return data + offsets[k]; }
};

// kRows x kPanel elements: epilogue(r, v0, v1) gets row r.
// 4 x 2 vectors of sums cover the latency of the multiply-add (4 cycles, 2 a cycle); with 16 registers the usual 6 x 2
// stalls on the stores at the end of its tile, which counts for the short sums here (K = 64: 7 %).
template <int kRows, class Left, class Right, class Epilogue>
inline void multiplyTile(int K, const Left& left, int row, const Right& right, const Epilogue& epilogue) {
  const float* a = left.tile(row);
  const size_t rowStep = left.rowStep(), kStep = left.kStep();
  V sum[kRows][2] = {};
#if !defined(__wasm__)  // there it takes a sixth longer
#pragma GCC unroll 4
#endif
  for (int k = 0; k < K; k++, a += kStep) {
    const float* b = right.row(k);
    const V b0 = load(b), b1 = load(b + kLanes);
#pragma GCC unroll 8
    for (int r = 0; r < kRows; r++) {
      const V x = splat(a[r * rowStep]);
      sum[r][0] = fma(x, b0, sum[r][0]);
      sum[r][1] = fma(x, b1, sum[r][1]);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < kRows; r++) epilogue(row + r, sum[r][0], sum[r][1]);
}

// Rows first..last-1 times one panel.
template <class Left, class Epilogue>
inline void multiplyPanel(int first, int last, int K, const Left& left, const float* packed,
                          const Epilogue& epilogue) {
  const Panel panel{packed};
  int row = first;
  for (; row + kTileRows <= last; row += kTileRows) multiplyTile<kTileRows>(K, left, row, panel, epilogue);
  if (kTileRows > 4 && row + 4 <= last) {
    multiplyTile<4>(K, left, row, panel, epilogue);
    row += 4;
  }
  switch (last - row) {
    case 3: multiplyTile<3>(K, left, row, panel, epilogue); break;
    case 2: multiplyTile<2>(K, left, row, panel, epilogue); break;
    case 1: multiplyTile<1>(K, left, row, panel, epilogue); break;
  }
}

inline V keep(V x) { return x; }

// Rows of a dense matrix, for packColumns.
struct Rows {
  const float* data;
  size_t stride;
  const float* operator()(int k) const { return data + k * stride; }
};

// Panel of the columns column..column+n-1 of K rows of a row-major matrix, each element through `map`.
// row(k) points to row k.
template <class Row, class Map>
inline void packColumns(int K, const Row& row, int column, int n, float* __restrict panel, const Map& map) {
  for (int k = 0; k < K; k++, panel += kPanel) {
    V v0, v1;
    loadPart(row(k) + column, n, v0, v1);
    store(panel, map(v0));
    store(panel + kLanes, map(v1));
  }
}

// The same of n rows of a row-major [.][K] matrix, row(0) .. row(n - 1), which become the panel's columns.
template <class Row>
inline void packRows(int K, const float* matrix, const Row& row, int n, float* __restrict panel) {
  const float* sources[kPanel];
  for (int t = 0; t < kPanel; t++) sources[t] = matrix + static_cast<size_t>(row(t < n ? t : 0)) * K;
  int k = 0;
  for (; k + kLanes <= K; k += kLanes)
    for (int t0 = 0; t0 < kPanel; t0 += kLanes) {
      V square[kLanes];
#pragma GCC unroll 16
      for (int t = 0; t < kLanes; t++) square[t] = t0 + t < n ? load(sources[t0 + t] + k) : V{};
      transpose(square);
#pragma GCC unroll 16
      for (int i = 0; i < kLanes; i++) store(panel + static_cast<size_t>(k + i) * kPanel + t0, square[i]);
    }
  for (; k < K; k++)
    for (int t = 0; t < kPanel; t++) panel[static_cast<size_t>(k) * kPanel + t] = t < n ? sources[t][k] : 0.f;
}

inline int panelCount(int n) { return (n + kPanel - 1) / kPanel; }
inline int panelWidth(int n, int panel) { return n - panel * kPanel < kPanel ? n - panel * kPanel : kPanel; }

}  // namespace RP_ISA
}  // namespace rp
