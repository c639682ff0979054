#include "harness/cli/chosen_case.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "workloads/error.h"

namespace ridgepoint {
namespace {

constexpr std::size_t kShortestHashPrefix = 4;

std::optional<std::int64_t> ordinal_of(std::string_view text) {
  std::int64_t ordinal = -1;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), ordinal);
  if (status != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return ordinal;
}

}  // namespace

PlannedCase choose_case(const std::vector<PlannedCase>& planned, std::string_view text,
                        std::string_view run) {
  if (const auto ordinal = ordinal_of(text)) {
    const auto found = std::ranges::find(planned, *ordinal, &PlannedCase::ordinal);
    if (found != planned.end()) return *found;
  }
  std::vector<PlannedCase> matches;
  for (const PlannedCase& candidate : planned) {
    if (text.size() < kShortestHashPrefix) break;
    if (case_hash(candidate.subject).starts_with(text)) matches.push_back(candidate);
  }
  if (matches.size() == 1) return matches.front();
  throw Error(fmt::format(
      "run {}: {} case matches '{}'; give its number as in 'ridgepoint show {}' (0 to {})", run,
      matches.empty() ? "no" : "more than one", text, run,
      planned.empty() ? 0 : planned.size() - 1));
}

}  // namespace ridgepoint
