// Verdict: the closed set of answers to "is B slower than A?", at a stated error rate.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace ridgepoint {

enum class Verdict : std::uint8_t {
  slower,        ///< B is worse than A by more than the tolerance
  faster,        ///< B is better than A by more than the tolerance
  same,          ///< neither: the difference lies within the tolerance
  undecided,     ///< the evidence does not suffice for any of these
  incomparable,  ///< A and B were not measured under conditions that allow an answer
};

std::string_view name_of(Verdict verdict);
Verdict parse_verdict(std::string_view name);  ///< Error when unknown
std::span<const Verdict> verdicts();

/// Exit code of a command that ends with this verdict: slower 1, faster and same 0, undecided 3,
/// incomparable 4. (2 is bad input or a tool that failed; harness/cli/cli.h.)
int exit_code_of(Verdict verdict);

}  // namespace ridgepoint
