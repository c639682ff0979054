#include "harness/cli/quantity.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

#include "workloads/error.h"

namespace ridgepoint {
namespace {

/// The number that the text begins with, which then begins after it.
std::optional<double> take_number(std::string_view& text) {
  double number = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (status != std::errc() || !std::isfinite(number)) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

std::optional<double> take_unit_seconds(std::string_view& text) {
  static constexpr std::pair<std::string_view, double> kUnits[] = {
      {"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}};
  for (const auto& [name, seconds] : kUnits) {
    if (text.starts_with(name)) {
      text.remove_prefix(name.size());
      return seconds;
    }
  }
  return std::nullopt;
}

}  // namespace

double parse_share(std::string_view text, std::string_view option) {
  auto rest = text;
  const auto number = take_number(rest);
  if (number) {
    const double share = rest == "%" || rest == " %" ? *number / 100 : *number;
    const bool whole = rest.empty() || rest == "%" || rest == " %";
    if (whole && share > 0 && share < 1) return share;
  }
  throw Error(fmt::format("{}: expected a percentage between 0 % and 100 % such as 2%, not '{}'",
                          option, text));
}

double parse_nats(std::string_view text, std::string_view option) {
  auto rest = text;
  const auto number = take_number(rest);
  if (number && *number > 0 && (rest.empty() || rest == " nats")) return *number;
  throw Error(
      fmt::format("{}: expected a number of nats above 0 such as 0.05, not '{}'", option, text));
}

double parse_duration_seconds(std::string_view text, std::string_view option) {
  double seconds = 0;
  auto rest = text;
  bool any = false;
  while (!rest.empty()) {
    const auto number = take_number(rest);
    if (!number || *number < 0) break;
    if (rest.empty() && !any) return *number;
    const auto unit = take_unit_seconds(rest);
    if (!unit) break;
    seconds += *number * *unit;
    any = true;
    if (rest.empty()) return seconds;
  }
  throw Error(
      fmt::format("{}: expected a duration such as 30s, 10m or 1h30m, not '{}'", option, text));
}

}  // namespace ridgepoint
