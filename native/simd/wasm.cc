// WebAssembly's vectors of four floats. They have no fused multiply-add (relaxed SIMD has one that need not be fused, and
// stays out): the same bits as the portable kernels, on every machine.
#define RP_ISA wasm
#define RP_LANES 4
#define RP_TILE_ROWS 4
#define RP_FUSED 0
#define RP_TABLE kWasmKernels
#define RP_NAME "simd128"
#include "table.h"
