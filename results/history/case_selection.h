// From what a person types to one case, and which of its runs count.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "results/store/history_query.h"

namespace ridgepoint {

struct CaseSelection {
  MeasuredCase chosen;
  /// Which records of the case belong to the history.
  std::function<bool(const HistoryRow&)> wanted;
};

/// Words apart by blanks: the first characters of a case hash (at least 4), RUN/ORDINAL (RUN as in
/// `show`), or KEY:VALUE over the fields of a case; besides, branch:, label:, commit: and env: over
/// runs. A model is found by its file name too, a backend by its name without options. Error when
/// no case with records fits, or more than one, which it lists.
CaseSelection select_case(const HistoryQuery& query, std::string_view text);

}  // namespace ridgepoint
