// What the commands that show profiles share: the cases that RUN[/CASE] names, and where the
// profile of a record comes from.
#pragma once

#include <string>

#include "results/record.h"
#include "results/report/profile_table.h"
#include "results/store/store.h"

namespace ridgepoint {

/// Records of a run or of one case of it, without samples. Error when there is no such run or case.
RunWithRecords chosen_records(const Store& store, const std::string& text);

/// The profile that a record keeps; of one that was only traced, a profile made now under the
/// ceilings of its machine, or why there are none. `store` must outlive it.
ProfileOf profiles_of(const Store& store, const Run& run);

}  // namespace ridgepoint
