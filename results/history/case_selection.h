// From what a person types to one case, and which of its runs count.
#pragma once

#include <string_view>
#include <vector>

#include "results/compare/side_text.h"
#include "results/store/history_query.h"

namespace ridgepoint {

struct CaseSelection {
  MeasuredCase chosen;
  std::vector<SideFilter> run_filters;  ///< over runs: "branch:main"
};

/// Words apart by blanks: the first characters of a case hash (at least 4) or RUN/ORDINAL (RUN as
/// in `show`), or filters KEY:VALUE over cases and runs as `compare` takes them; or one of the
/// former and then filters. Error when no case with records fits, or more than one, which it lists.
CaseSelection select_case(const HistoryQuery& query, std::string_view text);

/// Whether a record belongs to the history. `environment` is that of its run.
bool fits(const CaseSelection& selection, const HistoryRow& row, const std::string& environment);

}  // namespace ridgepoint
