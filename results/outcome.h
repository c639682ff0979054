// Outcome: the closed set of ways a case can end. Everything but ok carries a reason; failures are
// rows, never gaps.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace ridgepoint {

enum class Outcome : std::uint8_t {
  ok,
  unsupported,  ///< the backend said no, with a reason
  out_of_memory,
  timed_out,
  failed,       ///< crashed, or an error while it ran
  wrong,        ///< measured, but the output is not what the reference says
  mistrusted,   ///< measured, but a condition that it claims did not hold
  interrupted,  ///< stopped by the user; what was measured is kept
};

std::string_view name_of(Outcome outcome);
Outcome parse_outcome(std::string_view name);  ///< Error when unknown
std::span<const Outcome> outcomes();

}  // namespace ridgepoint
