#include "harness/ab/command_arm.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <span>
#include <utility>

#include "harness/ab/child_program.h"
#include "results/statistics/quantile.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

constexpr std::size_t kMostUnitCharacters = 16;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_alphanumeric(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Whether what was read as a number is only the beginning of one: thousands, hexadecimal digits,
/// a time of day, a version. `rest` is what follows.
bool goes_on(std::string_view rest) {
  if (rest.size() < 2) return false;
  if (rest.front() == 'x' || rest.front() == 'X') return is_alphanumeric(rest[1]);
  return std::string_view(",'_:.").find(rest.front()) != std::string_view::npos &&
         is_digit(rest[1]);
}

/// "ms" of " ms total": a word that begins with a letter, '%' or a sign beyond ASCII.
std::string unit_behind(std::string_view rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
  if (rest.empty()) return {};
  const char first = rest.front();
  const bool begins_one = first == '%' || static_cast<unsigned char>(first) >= 0x80 ||
                          (is_alphanumeric(first) && !is_digit(first));
  if (!begins_one) return {};
  return std::string(
      rest.substr(0, std::min(rest.find_first_of(" \t\r\n,;:=()[]{}\"'<>"), kMostUnitCharacters)));
}

/// Whether the pattern stands behind a number once more, with a number of its own: "t=1 t=2".
bool next_number_follows(std::string_view rest, std::string_view pattern) {
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
  if (!rest.starts_with(pattern)) return false;
  rest.remove_prefix(pattern.size());
  const auto next = rest.find_first_not_of(" \t:=+-.");
  return next != std::string_view::npos && is_digit(rest[next]);
}

std::string in_units(const std::string& unit) {
  return unit.empty() ? "no unit" : fmt::format("'{}'", unit);
}

SliceValue number_of(const std::string& output, const std::string& command,
                     const ArmOptions& options) {
  const auto numbers = numbers_after(output, options.number_after);
  if (numbers.empty()) {
    throw Error(fmt::format("'{}' printed no number after '{}'; its last words: {}", command,
                            options.number_after, last_words(output)));
  }
  const auto& first = numbers.front();
  const auto other = std::ranges::find_if(
      numbers, [&](const PrintedNumber& number) { return number.unit != first.unit; });
  if (other != numbers.end()) {
    throw Error(fmt::format(
        "'{}' printed {:g} with {} and {:g} with {} after '{}': their median means nothing; print "
        "one unit, or give a pattern that only one of them follows",
        command, first.value, in_units(first.unit), other->value, in_units(other->unit),
        options.number_after));
  }
  std::vector<double> values;
  for (const PrintedNumber& number : numbers) values.push_back(number.value);
  SliceValue value{.name = options.number_after,
                   .value = median(std::span<const double>(values)),
                   .unit = options.unit,
                   .more_is_better = options.more_is_better,
                   .printed_unit = first.unit};
  if (!(value.value > 0)) {
    throw Error(fmt::format("'{}' printed {:g} after '{}'; ratios need figures above 0", command,
                            value.value, options.number_after));
  }
  value.least = options.more_is_better ? *std::ranges::max_element(values)
                                       : *std::ranges::min_element(values);
  return value;
}

}  // namespace

std::vector<PrintedNumber> numbers_after(std::string_view output, std::string_view pattern) {
  std::vector<PrintedNumber> numbers;
  for (auto at = output.find(pattern); at != std::string_view::npos;
       at = output.find(pattern, at + pattern.size())) {
    auto rest = output.substr(at + pattern.size());
    const auto start = rest.find_first_not_of(" \t:=+");
    if (start == std::string_view::npos) break;
    rest.remove_prefix(start);
    double number = 0;
    const auto [end, status] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (status != std::errc() || !std::isfinite(number)) continue;
    const auto written = rest.substr(0, static_cast<std::size_t>(end - rest.data()));
    rest.remove_prefix(written.size());
    if (goes_on(rest)) {
      throw Error(fmt::format(
          "'{}{}' after '{}' is no number that is read here; print digits with a '.' at most",
          written, rest.substr(0, std::min<std::size_t>(4, rest.find_first_of(" \t\r\n"))),
          pattern));
    }
    numbers.push_back({number, next_number_follows(rest, pattern) ? "" : unit_behind(rest)});
  }
  return numbers;
}

CommandArm::CommandArm(std::string command, ArmOptions options)
    : command_(std::move(command)), options_(std::move(options)) {
  if (command_.find_first_not_of(" \t") == std::string::npos) {
    throw Error("cmd: a command is missing, as in 'cmd:./bench --quick'");
  }
}

Slice CommandArm::run(const std::atomic<bool>& stop) {
  const auto result = run_child_program({.arguments = {"/bin/sh", "-c", command_},
                                         .working_directory = options_.working_directory,
                                         .time_limit_seconds = options_.time_limit_seconds},
                                        stop);
  Slice slice{.values = {},
              .started_unix_ns = result.started_unix_ns,
              .duration_ns = result.wall_ns,
              .involuntary_switches = result.involuntary_switches,
              .major_faults = result.major_faults,
              .cpu_ns = result.cpu_ns,
              .interrupted = result.interrupted,
              .not_a_result = {}};
  if (slice.interrupted) return slice;
  if (!result.ended.empty()) {
    throw Error(fmt::format("'{}' failed ({}); its last words: {}", command_, result.ended,
                            last_words(result.output)));
  }
  if (options_.number_after.empty()) {
    const auto wall_ns = static_cast<double>(result.wall_ns);
    slice.values.push_back({.name = "wall time", .value = wall_ns, .least = wall_ns});
  } else {
    slice.values.push_back(number_of(result.output, command_, options_));
  }
  return slice;
}

}  // namespace ridgepoint
