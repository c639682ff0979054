// What a failure of CUPTI means to whoever measures: one sentence with what was tried, what stands
// in the way and what would help. Whoever gets one goes on with less.
#pragma once

#include <string>
#include <string_view>

namespace ridgepoint {

/// `status` is a CUptiResult. `rival` names the client that CUPTI found in its place; may be empty.
std::string cupti_sentence(std::string_view what, int status, std::string_view rival = {});

}  // namespace ridgepoint
