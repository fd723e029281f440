// ARM's 64-bit processors, whose base instructions hold NEON and a fused multiply-add: the same bits as AVX2 gives.
#define RP_ISA neon
#define RP_LANES 4
#define RP_TILE_ROWS 4
#define RP_FUSED 1
#define RP_TABLE kNeonKernels
#define RP_NAME "neon"
#include "table.h"
