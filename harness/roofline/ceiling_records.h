// Ceilings as a run of the store: a record each, of workload `ceiling`, so that what lists, shows,
// exports and compares runs does so with ceilings.
#pragma once

#include <string>

#include "profiler/ceilings/ceiling.h"
#include "results/record.h"
#include "results/store/store.h"

namespace ridgepoint {

/// The ceiling as a record without ids: median and precision as metrics, what is behind them as a
/// series; one that is absent has the outcome unsupported.
Record record_of(const ceilings::Ceiling& ceiling);

/// Stores `run` with a record a ceiling. The outermost level of a curve keeps the whole curve.
void store_ceilings(Store& store, const Run& run, const ceilings::Measured& measured);

}  // namespace ridgepoint
