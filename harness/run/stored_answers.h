// The reference's answers that a store keeps, for those who measure.
#pragma once

#include "harness/run/measure_case.h"
#include "results/store/store.h"

namespace ridgepoint {

/// `store` has to outlive what comes back.
AnswerStore answers_in(Store& store);

}  // namespace ridgepoint
