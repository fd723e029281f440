// x86-64 with AVX-512 (F, VL, DQ, BW); compiled with those instructions on, called only where dispatch.cc finds them.
#define RP_ISA avx512
#define RP_LANES 16
#define RP_TILE_ROWS 8
#define RP_FUSED 1
#define RP_TABLE kAvx512Kernels
#define RP_NAME "avx512"
#include "table.h"
