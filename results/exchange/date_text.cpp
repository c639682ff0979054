#include "results/exchange/date_text.h"

#include <charconv>
#include <chrono>
#include <optional>

namespace ridgepoint {
namespace {

std::optional<int> digits(std::string_view text, std::size_t from, std::size_t count) {
  int value = 0;
  if (from + count > text.size()) return std::nullopt;
  const char* begin = text.data() + from;
  const auto [end, error] = std::from_chars(begin, begin + count, value);
  if (error != std::errc() || end != begin + count || value < 0) return std::nullopt;
  return value;
}

/// ".078125" as nanoseconds; how many characters it took.
struct Fraction {
  std::int64_t ns = 0;
  std::size_t length = 0;
};

Fraction fraction_at(std::string_view text, std::size_t from) {
  Fraction result;
  if (from >= text.size() || text[from] != '.') return result;
  std::int64_t unit = 100'000'000;
  for (result.length = 1; from + result.length < text.size(); ++result.length) {
    const char c = text[from + result.length];
    if (c < '0' || c > '9') break;
    result.ns += (c - '0') * unit;
    unit /= 10;
  }
  return result;
}

}  // namespace

std::int64_t unix_ns_of_date(std::string_view text) {
  const auto year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2),
             hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return 0;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *year < 1970 || *year > 2200) return 0;
  std::int64_t seconds = std::chrono::sys_days(date).time_since_epoch().count() * 86'400LL +
                         *hour * 3600LL + *minute * 60LL + *second;
  const Fraction fraction = fraction_at(text, 19);
  const std::size_t zone = 19 + fraction.length;
  const auto zone_hour = digits(text, zone + 1, 2), zone_minute = digits(text, zone + 4, 2);
  if (zone_hour && zone_minute && (text[zone] == '+' || text[zone] == '-')) {
    const std::int64_t offset = *zone_hour * 3600LL + *zone_minute * 60LL;
    seconds -= text[zone] == '+' ? offset : -offset;
  }
  return seconds * 1'000'000'000 + fraction.ns;
}

}  // namespace ridgepoint
