// Where the time of a case went, op by op: its traced passes as tables for people, one a phase.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "results/record.h"

namespace ridgepoint {

/// Why a record of workload "imported" has neither op times nor a profile.
inline constexpr std::string_view kImportsHaveNoOps =
    "an import has none: what other programs write says nothing of single ops";

/// For each case with op times and each of its phases, the `most` ops that took the longest, the
/// same op of all layers together (results/op_family.h): time in one pass, share of the pass, and
/// the rates at which it did its work. The others follow as one row, and what no op accounts for as
/// another. Cases without op times say why, where that is known.
std::string op_table(const RunWithRecords& data, std::size_t most);

}  // namespace ridgepoint
