// Any processor: four lanes, which every 64-bit target's base instructions hold (SSE2, NEON). Without a fused
// multiply-add, which SSE2 has not: its bits are its own, and the same on every processor.
#define RP_ISA portable
#define RP_LANES 4
#define RP_TILE_ROWS 4
#define RP_FUSED 0
#define RP_TABLE kPortableKernels
#define RP_NAME "portable"
#include "table.h"
