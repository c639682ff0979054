// Figures that are no cases of `ridgepoint run` (ceilings, predictions, loading) as a run of the
// store, a record each, so that what lists, shows, exports and compares runs does so with them.
#pragma once

#include <string>
#include <vector>

#include "results/record.h"
#include "results/store/store.h"

namespace ridgepoint {

/// The case that names one: of workload `ceiling`.
Case figure_case(const std::string& name);

/// Gives the records their ids and places in `run`, and stores all of it.
void store_figures(Store& store, const Run& run, std::vector<Record> records, bool interrupted);

}  // namespace ridgepoint
