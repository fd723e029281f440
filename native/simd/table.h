// The table of one instruction set; RP_TABLE names it.
#pragma once
#include "curvature.h"
#include "loss.h"
#include "residual-partitioning.h"
#include "tangent.h"
#include "update.h"

namespace rp {

extern const Kernels RP_TABLE = {
    RP_NAME,
    RP_ISA::forward,
    RP_ISA::loss,
    RP_ISA::gradient,
    RP_ISA::curvature,
    RP_ISA::sgd,
    RP_ISA::adam,
    RP_ISA::sophia,
    RP_ISA::residualPartitioning,
    RP_ISA::direction,
    RP_ISA::jacobianProduct,
    RP_ISA::quadraticModel,
    RP_ISA::moveAlong,
};

}  // namespace rp
