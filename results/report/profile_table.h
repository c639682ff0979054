// Profiles as tables: for each case and phase how far it came under the roofs, and the ops that
// took the longest, each against its own roof.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>

#include "profiler/reading.h"
#include "results/record.h"
#include "results/roofline/case_profile.h"

namespace ridgepoint {

/// The profile of a record, or why there is none.
using ProfileOf = std::function<Reading<roofline::CaseProfile>(const Record& record)>;

/// The `most` ops of each phase, the same op of all layers together. Cases without a profile say
/// why.
std::string profile_table(const RunWithRecords& data, std::size_t most,
                          const ProfileOf& profile_of);

/// "72 %", "60 to 95 %" where the ends differ by more than a hundredth.
std::string share_text(const roofline::Range& share);

/// "level 1: 8 kB, the outermost level: 80 MB", the most first; empty for none.
std::string level_text(const std::map<std::string, double>& bytes_by_level);

/// Why a record holds no profile: what became of the case, where it did not come out, else what its
/// details say.
std::string why_no_profile(const Record& record);

}  // namespace ridgepoint
