// x86-64 with AVX2 and FMA; compiled with those instructions on, called only where dispatch.cc finds them.
#define RP_ISA avx2
#define RP_LANES 8
#define RP_TILE_ROWS 4
#define RP_FUSED 1
#define RP_TABLE kAvx2Kernels
#define RP_NAME "avx2"
#include "table.h"
