#include "results/compare/weights_difference.h"

#include <fmt/format.h>

#include <cstddef>
#include <string_view>

#include "results/exchange/json_text.h"
#include "workloads/case.h"

namespace ridgepoint {
namespace {

constexpr std::size_t kShownDigits = 12;

std::string weights_of(const Record& record) {
  return text_at(record.details, "/model/fingerprint");
}

}  // namespace

std::optional<WeightsDifference> weights_difference(const Record& a, const Record& b) {
  if (!same_weights(a.subject, b.subject)) return std::nullopt;
  const std::string of_a = weights_of(a), of_b = weights_of(b);
  if (of_a.empty() || of_b.empty() || of_a == of_b) return std::nullopt;
  return WeightsDifference{of_a.substr(0, kShownDigits), of_b.substr(0, kShownDigits)};
}

std::string sentence_of(const WeightsDifference& difference) {
  return fmt::format(
      "the case is the same by name, its weights are not (A {}, B {}): the difference may be "
      "theirs and not the engine's",
      difference.a, difference.b);
}

}  // namespace ridgepoint
