// From what was typed to the records of both sides. A run gives all its records; a git ref and
// filters give each case's records of the newest run that fits and has it. Rows of one test in one
// file are one record by then (pool_records.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "results/record.h"
#include "results/store/store.h"

namespace ridgepoint {

/// One record of one run.
struct SideRecord {
  std::size_t run = 0;     ///< in SelectedSides::runs
  std::size_t record = 0;  ///< in its records
};

struct SelectedSide {
  std::string asked;  ///< as typed
  std::vector<SideRecord> records;
  /// Whether it stands for whole runs, so that a case without a record was not measured.
  bool whole_runs = false;
};

struct SelectedSides {
  std::vector<RunWithRecords> runs;  ///< each once, even when both sides take from it
  SelectedSide a, b;
  /// Case fields that both sides fix to values of their own: left out when cases are matched.
  std::vector<std::string> free_fields;
  /// Rows of imported files that were put together with others of the same test; 0: none was.
  std::int64_t pooled_rows = 0;
};

/// The full commit that a text names in the repository of the working directory; empty when it
/// names none.
using ResolveGitRef = std::function<std::optional<std::string>(std::string_view)>;

/// Error when a side names nothing, or names a commit without a run.
SelectedSides select_sides(const Store& store, std::string_view a, std::string_view b,
                           const ResolveGitRef& resolve_git_ref);

}  // namespace ridgepoint
