// SPDX-License-Identifier: GPL-3.0-or-later
// Names of cases with what tells them apart: words that all of one kind share are left out, so that
// the rest has room where a column is narrow.
#pragma once

#include <string>
#include <vector>

namespace ridgepoint {

/// For each name ever briefer ones: "llm…pp64 tg32 d0 b1" and then "…pp64 tg32 d0 b1" of
/// "llm byte-llama-6m pp64 tg32 d0 b1", where all others that begin with its first word have that
/// model. None of a name that is alone of its kind, and none that another name yields too.
/// Where that is too long still, words that not all share go too while the rest is in no other name
/// of the kind.
std::vector<std::vector<std::string>> brief_names(const std::vector<std::string>& names);

}  // namespace ridgepoint
