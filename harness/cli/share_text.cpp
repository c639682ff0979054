#include "harness/cli/share_text.h"

#include <fmt/format.h>

#include <charconv>
#include <system_error>

#include "workloads/error.h"

namespace ridgepoint {

double parse_share(std::string_view text, std::string_view option) {
  std::string_view number = text;
  const bool percent = number.ends_with('%');
  if (percent) number.remove_suffix(1);
  while (number.ends_with(' ')) number.remove_suffix(1);
  double value = 0;
  const auto [end, problem] = std::from_chars(number.data(), number.data() + number.size(), value);
  const bool whole = problem == std::errc() && end == number.data() + number.size();
  if (percent) value /= 100;
  if (!whole || !(value > 0 && value < 1)) {
    throw Error(fmt::format("{}: '{}' is no share between 0 and 1; say 2% or 0.02", option, text));
  }
  return value;
}

}  // namespace ridgepoint
