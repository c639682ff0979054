#include "harness/ab/ridgepoint_arm.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "results/compare/compared_metrics.h"
#include "results/exchange/json_export.h"
#include "results/metric.h"
#include "results/repetition_values.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

// Pairs are what replicates here, so one process of one slice need not measure long. Nor is it
// judged for levels and trends: the gate holds under both, and one slice that a neighbour disturbed
// would end all the others.
constexpr std::pair<std::string_view, std::string_view> kDefaults[] = {
    {"--case-budget-seconds", "1"},
    {"--processes", "1"},
    {"--remeasure-noisy", "false"},
    {"--stationarity", "false"}};

/// A figure for each primary metric of the slice's newest record.
void add_figures(Slice& slice) {
  const Record& record = slice.records.back();
  for (const auto& name : primary_metrics(record)) {
    const auto found = record.measurement.metrics.find(name);
    const auto* const metric = find_metric(name);
    if (found == record.measurement.metrics.end() || metric == nullptr || !(found->second > 0)) {
      continue;
    }
    const bool more_is_better = metric->better == Better::higher;
    const auto repetitions = repetition_values(name, record.subject, record.measurement).values;
    double best = found->second;
    if (!repetitions.empty()) {
      best = more_is_better ? *std::ranges::max_element(repetitions)
                            : *std::ranges::min_element(repetitions);
    }
    slice.values.push_back({.name = fmt::format("{} {}", label(record.subject), metric->short_name),
                            .value = found->second,
                            .unit = std::string(metric->unit),
                            .more_is_better = more_is_better,
                            .least = best,
                            .record = slice.records.size() - 1,
                            .metric = name});
  }
}

}  // namespace

RidgepointArm::RidgepointArm(std::string program, const std::string& options,
                             ArmOptions arm_options)
    : program_(std::move(program)),
      arguments_(split_arguments(options)),
      options_(std::move(arm_options)) {
  for (const auto& argument : arguments_) {
    if (argument == "--db" || argument.starts_with("--db=")) {
      throw Error("run: an arm keeps a database of its own; leave --db out of it");
    }
  }
}

ChildProgramResult RidgepointArm::ask(const std::vector<std::string>& arguments,
                                      const std::atomic<bool>& stop) const {
  std::vector<std::string> all{program_};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return run_child_program({.arguments = std::move(all),
                            .working_directory = options_.working_directory,
                            .time_limit_seconds = options_.time_limit_seconds},
                           stop);
}

void RidgepointArm::add_defaults(const std::atomic<bool>& stop) {
  // An older build does not know every option.
  const auto help = ask({"run", "--help"}, stop).output;
  const auto at = std::find(arguments_.begin(), arguments_.end(), "--") - arguments_.begin();
  std::vector<std::string> added;
  for (const auto& [name, value] : kDefaults) {
    const bool given =
        std::any_of(arguments_.begin(), arguments_.end(),
                    [&, option = std::string(name)](const auto& argument) {
                      return argument == option || argument.starts_with(option + "=");
                    });
    if (!given && help.find(name) != std::string::npos) {
      added.push_back(fmt::format("{}={}", name, value));
    }
  }
  arguments_.insert(arguments_.begin() + at, added.begin(), added.end());
  defaults_added_ = true;
}

Slice RidgepointArm::run(const std::atomic<bool>& stop) {
  if (!defaults_added_) add_defaults(stop);
  std::vector<std::string> arguments{"run", "--db", database_.path().string()};
  arguments.insert(arguments.end(), arguments_.begin(), arguments_.end());
  const auto measured = ask(arguments, stop);
  Slice slice{.values = {},
              .started_unix_ns = measured.started_unix_ns,
              .duration_ns = measured.wall_ns,
              .involuntary_switches = measured.involuntary_switches,
              .major_faults = measured.major_faults,
              .cpu_ns = measured.cpu_ns,
              .interrupted = measured.interrupted,
              .not_a_result = {}};
  if (slice.interrupted) return slice;
  // 1 says that a case did not come out ok: its record says why.
  if (measured.exit_code != 0 && measured.exit_code != 1) {
    throw Error(
        fmt::format("'{}' failed ({}): {}", program_, measured.ended, last_words(measured.output)));
  }
  const auto exported =
      ask({"export", "latest", "--format", "json", "--db", database_.path().string()}, stop);
  slice.interrupted = exported.interrupted;
  if (slice.interrupted) return slice;
  if (!exported.ended.empty()) {
    throw Error(fmt::format("'{} export' failed ({}): {}", program_, exported.ended,
                            last_words(exported.output)));
  }
  for (auto& record : run_from_json(exported.output, program_).records) {
    if (record.outcome == Outcome::wrong || record.outcome == Outcome::mistrusted) {
      slice.not_a_result =
          fmt::format("{}: {}: {}", label(record.subject), name_of(record.outcome), record.reason);
    } else if (record.outcome != Outcome::ok) {
      throw Error(
          fmt::format("{}: {}: {}", label(record.subject), name_of(record.outcome), record.reason));
    }
    slice.records.push_back(std::move(record));
    add_figures(slice);
  }
  return slice;
}

}  // namespace ridgepoint
