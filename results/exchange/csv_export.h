// CSV export: RFC 4180, a heading row, then one row a case.
#pragma once

#include <string>

#include "results/record.h"

namespace ridgepoint {

std::string run_to_csv(const RunWithRecords& data);

}  // namespace ridgepoint
