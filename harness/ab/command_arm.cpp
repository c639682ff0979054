#include "harness/ab/command_arm.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <span>
#include <utility>

#include "harness/ab/child_program.h"
#include "results/statistics/quantile.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

SliceValue number_of(const std::string& output, const std::string& command,
                     const ArmOptions& options) {
  const auto numbers = numbers_after(output, options.number_after);
  if (numbers.empty()) {
    throw Error(fmt::format("'{}' printed no number after '{}'; its last words: {}", command,
                            options.number_after, last_words(output)));
  }
  SliceValue value{.name = options.number_after,
                   .value = median(std::span<const double>(numbers)),
                   .unit = options.unit,
                   .more_is_better = options.more_is_better};
  if (!(value.value > 0)) {
    throw Error(fmt::format("'{}' printed {:g} after '{}'; ratios need figures above 0", command,
                            value.value, options.number_after));
  }
  value.least = numbers.front();
  for (const double number : numbers) {
    value.least =
        options.more_is_better ? std::max(value.least, number) : std::min(value.least, number);
  }
  return value;
}

}  // namespace

std::vector<double> numbers_after(std::string_view output, std::string_view pattern) {
  std::vector<double> numbers;
  for (auto at = output.find(pattern); at != std::string_view::npos;
       at = output.find(pattern, at + pattern.size())) {
    auto rest = output.substr(at + pattern.size());
    const auto start = rest.find_first_not_of(" \t:=+");
    if (start == std::string_view::npos) break;
    rest.remove_prefix(start);
    double number = 0;
    const auto [end, status] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (status == std::errc() && std::isfinite(number)) numbers.push_back(number);
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
