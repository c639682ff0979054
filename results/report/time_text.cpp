#include "results/report/time_text.h"

#include <fmt/format.h>

#include <chrono>

namespace ridgepoint {
namespace {

struct Moment {
  std::chrono::year_month_day date;
  std::chrono::hh_mm_ss<std::chrono::nanoseconds> time;
};

Moment moment_of(std::int64_t unix_ns) {
  // Whole seconds by hand: rounding down through chrono overflows at the ends of int64.
  constexpr std::int64_t kSecond = 1'000'000'000;
  const std::int64_t rest = unix_ns % kSecond;
  const std::int64_t below = rest < 0 ? rest + kSecond : rest;
  const std::chrono::sys_seconds second{
      std::chrono::seconds(unix_ns / kSecond - (rest < 0 ? 1 : 0))};
  const auto day = std::chrono::floor<std::chrono::days>(second);
  return {std::chrono::year_month_day(day), std::chrono::hh_mm_ss<std::chrono::nanoseconds>(
                                                second - day + std::chrono::nanoseconds(below))};
}

std::string date_text(const Moment& moment) {
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(moment.date.year()),
                     static_cast<unsigned>(moment.date.month()),
                     static_cast<unsigned>(moment.date.day()));
}

}  // namespace

std::string time_text(std::int64_t unix_ns) {
  const Moment moment = moment_of(unix_ns);
  return fmt::format("{} {:02}:{:02} UTC", date_text(moment), moment.time.hours().count(),
                     moment.time.minutes().count());
}

std::string iso_time(std::int64_t unix_ns) {
  const Moment moment = moment_of(unix_ns);
  return fmt::format("{}T{:02}:{:02}:{:02}.{:09}Z", date_text(moment), moment.time.hours().count(),
                     moment.time.minutes().count(), moment.time.seconds().count(),
                     moment.time.subseconds().count());
}

}  // namespace ridgepoint
