// What a person types to name one side of a comparison, taken apart: one name (a run or a git ref),
// or filters "key:value", several of them joined by commas or spaces.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "results/record.h"

namespace ridgepoint {

struct SideFilter {
  std::string key;    ///< one of side_filter_keys()
  std::string value;  ///< never empty
};

/// Exactly one of the two is there.
struct SideText {
  std::string asked;  ///< as typed
  std::string name;
  std::vector<SideFilter> filters;
};

/// "run", "label", "tag", "note", "suite", "commit", "branch", "machine", "cpu", "env", and every
/// field of a case.
std::vector<std::string_view> side_filter_keys();

/// A word without a key belongs to the value before it, so that backend options keep their commas.
/// A text whose first word has no known key is a name, colons and all. Error for an empty text or
/// value, and for an unknown key beside known ones.
SideText parse_side(std::string_view text);

/// Whether the filter is about a field of the case.
bool is_case_filter(const SideFilter& filter);
/// Equal, where the field is a number. Texts also fit by their base name (paths) or by the name
/// before their options (backends).
bool fits(const SideFilter& filter, const Case& subject);
/// Of the run itself; "run" filters fit every run here, they are resolved by the store.
bool fits(const SideFilter& filter, const Run& run);

}  // namespace ridgepoint
