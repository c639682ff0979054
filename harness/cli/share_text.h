// Shares as people type them: "2%", "0.5 %", "0.02".
#pragma once

#include <string_view>

namespace ridgepoint {

/// Above 0 and below 1. Error, naming the option, for everything else: a bare 2 could mean both 2 %
/// and a factor.
double parse_share(std::string_view text, std::string_view option);

}  // namespace ridgepoint
