#include "harness/run/run_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <type_traits>

#include "workloads/error.h"

namespace ridgepoint {
namespace {

using Json = nlohmann::json;

// Google Benchmark 1.7's, without those that pick benchmarks or print: a case is one benchmark, and
// what is printed is ours.
constexpr std::array<std::string_view, 8> kBenchmarkFlags = {
    "benchmark_min_time",      "benchmark_min_warmup_time",
    "benchmark_repetitions",   "benchmark_enable_random_interleaving",
    "benchmark_out",           "benchmark_out_format",
    "benchmark_perf_counters", "benchmark_context"};

constexpr double kLongestSeconds = 30.0 * 24 * 3600;
constexpr const char* kFlagsKey = "benchmark_flags";
constexpr const char* kSaveLogitsKey = "save_logits";
constexpr const char* kProfileKey = "profile";

void check_flag(std::string_view flag) {
  const auto text = flag;
  if (!flag.starts_with("--")) {
    throw Error(fmt::format("after --: '{}' is not a flag of Google Benchmark", text));
  }
  flag.remove_prefix(2);
  const auto equals = flag.find('=');
  const auto name = flag.substr(0, equals);
  if (std::find(kBenchmarkFlags.begin(), kBenchmarkFlags.end(), name) == kBenchmarkFlags.end()) {
    throw Error(
        fmt::format("after --: no flag '{}' here; known: --{}; cases are chosen by --op and its "
                    "axes, and 'ridgepoint export' "
                    "writes what came out",
                    text, fmt::join(kBenchmarkFlags, ", --")));
  }
  if (equals == std::string_view::npos || equals + 1 == flag.size()) {
    throw Error(fmt::format("after --: '{}' lacks a value; write --{}=VALUE", text, name));
  }
}

}  // namespace

std::span<const RunOptionField> run_option_fields() {
  static const std::array<RunOptionField, 13> kFields = {{
      {"repetitions", &RunOptions::repetitions, 1, 1e6,
       "Measured passes of a model case in each process, at most"},
      {"processes", &RunOptions::processes, 1, 1000,
       "Fresh processes that measure a case, at the least; 1: one, and no interval"},
      {"most_processes", &RunOptions::most_processes, 1, 1000,
       "Fresh processes that measure a case, at most"},
      {"precision_percent", &RunOptions::precision_percent, 1e-3, 1e3,
       "A case is measured until the 95 % interval of its median is within ± this, or the budget "
       "is "
       "spent"},
      {"case_budget_seconds", &RunOptions::case_budget_seconds, 1e-3, kLongestSeconds,
       "Measuring a case ends once this is spent, over all its processes (a sample is always "
       "taken)"},
      {"stationarity", &RunOptions::stationarity, 0, 1,
       "Mistrust a case that moves between two levels or has a trend"},
      {"stationarity_floor_percent", &RunOptions::stationarity_floor_percent, 0, 1e3,
       "Changes smaller than this share of the median do not matter"},
      {"remeasure_noisy", &RunOptions::remeasure_noisy, 0, 1,
       "Measure noisy cases once more at the end of the run"},
      {"time_limit_seconds", &RunOptions::time_limit_seconds, 1e-3, kLongestSeconds,
       "A case that takes longer is ended: timed out"},
      {"memory_limit_bytes", &RunOptions::memory_limit_bytes, 0, 1e18,
       "Memory a case may allocate; 0: 90 % of what is free when it starts"},
      {"check", &RunOptions::check, 0, 1, "Compare outputs with the reference's"},
      {"op_times", &RunOptions::op_times, 0, 1,
       "Trace a few more passes after measuring, for the times of single ops"},
      {"most_spans", &RunOptions::most_spans, 1, 3e7,
       "Spans that a profiled case keeps for trace and timeline, at most; 2 to 7 bytes each"},
  }};
  return kFields;
}

void set_from_text(RunOptions& options, std::string_view name, std::string_view text,
                   std::string_view origin) {
  const auto fields = run_option_fields();
  const auto field = std::ranges::find(fields, name, &RunOptionField::name);
  if (field == fields.end()) {
    std::vector<std::string_view> known;
    for (const auto& each : fields) known.push_back(each.name);
    throw Error(fmt::format("{}: no option '{}'; known: {}", origin, name, fmt::join(known, ", ")));
  }
  const auto refuse = [&] {
    throw Error(fmt::format("{}: {}: '{}' is not a value of it", origin, name, text));
  };
  std::visit(
      [&](auto member) {
        auto& target = options.*member;
        if constexpr (std::is_same_v<std::decay_t<decltype(target)>, bool>) {
          const bool on = text == "true" || text == "on";
          if (!on && text != "false" && text != "off") refuse();
          target = on;
        } else {
          const auto [end, status] =
              std::from_chars(text.data(), text.data() + text.size(), target);
          if (status != std::errc() || end != text.data() + text.size()) refuse();
        }
      },
      field->member);
}

void validate(const RunOptions& options) {
  for (const auto& field : run_option_fields()) {
    const double value =
        std::visit([&](auto member) { return static_cast<double>(options.*member); }, field.member);
    if (!(value >= field.minimum && value <= field.maximum)) {  // refuses NaN, too
      throw Error(fmt::format("{}: {:.10g} is out of range; give {:.10g} to {:.10g}", field.name,
                              value, field.minimum, field.maximum));
    }
  }
  if (options.profile && !options.op_times) {
    throw Error("--profile: it is made from the times of ops; leave --op-times on");
  }
  for (const auto& flag : options.benchmark_flags) check_flag(flag);
}

std::string to_json(const RunOptions& options) {
  Json json{{kFlagsKey, options.benchmark_flags}};
  for (const auto& field : run_option_fields()) {
    std::visit([&](auto member) { json[std::string(field.name)] = options.*member; }, field.member);
  }
  // Absent where it says nothing, so that other runs' options stay as older versions read them.
  if (!options.save_logits.empty()) json[kSaveLogitsKey] = options.save_logits;
  if (options.profile) json[kProfileKey] = true;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

RunOptions run_options_from_json(std::string_view json) {
  const auto object = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) throw Error("run options: not a JSON object; they were cut or altered");
  RunOptions options;
  for (const auto& entry : object.items()) {
    // Not structured bindings: clang 14 cannot capture those.
    const std::string& key = entry.key();
    const Json& value = entry.value();
    const auto fields = run_option_fields();
    const auto field = std::find_if(fields.begin(), fields.end(),
                                    [&](const RunOptionField& known) { return known.name == key; });
    try {
      if (key == kFlagsKey) {
        value.get_to(options.benchmark_flags);
      } else if (key == kSaveLogitsKey) {
        value.get_to(options.save_logits);
      } else if (key == kProfileKey) {
        value.get_to(options.profile);
      } else if (field == fields.end()) {
        throw Error(fmt::format("run options: unknown key {}; a newer version may have written it",
                                Json(key).dump(-1, ' ', true, Json::error_handler_t::replace)));
      } else {
        std::visit([&](auto member) { value.get_to(options.*member); }, field->member);
      }
    } catch (const Json::exception&) {
      throw Error(fmt::format("run options: {} is of another type ({})", key, value.type_name()));
    }
  }
  validate(options);
  return options;
}

}  // namespace ridgepoint
