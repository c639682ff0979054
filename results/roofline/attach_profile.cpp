#include "results/roofline/attach_profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "profiler/perf/core_pmu.h"
#include "results/compare/environment_difference.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

std::string why_not_counted() {
  const auto pmu = read_core_pmu();
  return pmu ? std::string("no op was counted in this run: ridgepoint profile counts them")
             : pmu.why();
}

/// How ceilings of this suite are measured.
std::string command_for(std::string_view suite) {
  const std::string device = ceilings_device(suite).value_or("");
  return fmt::format("ridgepoint roofline{}{}", device.empty() ? "" : " --device ", device);
}

}  // namespace

std::optional<StoredCeilings> read_ceilings(const Store& store, const std::string& run_id) {
  const auto runs = store.runs();
  if (std::ranges::find(runs, run_id, &Run::id) == runs.end()) return std::nullopt;
  auto records = store.records(run_id, /*with_samples=*/false);
  if (records.empty()) return std::nullopt;
  return StoredCeilings{store.run(run_id), std::move(records)};
}

std::optional<StoredCeilings> find_ceilings(const Store& store, const std::string& environment,
                                            std::string_view suite) {
  for (const Run& summary : store.runs()) {
    if (summary.suite != suite || summary.status != "finished") continue;
    Run run = store.run(summary.id);
    const auto differences = environment_differences(environment, run.environment);
    if (std::ranges::any_of(differences, &EnvironmentDifference::blocks)) continue;
    auto records = store.records(run.id, /*with_samples=*/false);
    return StoredCeilings{std::move(run), std::move(records)};
  }
  return std::nullopt;
}

void refuse_without_ceilings(const Store& store, std::string_view suite) {
  throw Error(
      fmt::format("{}: it holds no ceilings of this machine to place ops under; measure them "
                  "first: {} (or with "
                  "--quick, under a minute)",
                  store.path().string(), command_for(suite)));
}

int threads_of_case(const Case& subject) {
  return static_cast<int>(std::max<std::int64_t>(1, subject.threads));
}

std::optional<roofline::CaseProfile> make_profile(const Record& record, const Run& run,
                                                  const StoredCeilings& ceilings) {
  return roofline::profile_of(
      record, roofline::roofs_of(ceilings.run, ceilings.records, threads_of_case(record.subject)),
      static_cast<double>(run.harness_floor_ns), why_not_counted());
}

void attach_profile(Record& record, const Run& run, const StoredCeilings* ceilings) {
  auto details = nlohmann::json::parse(record.details, nullptr, /*allow_exceptions=*/false);
  if (!details.is_object()) details = nlohmann::json::object();
  nlohmann::json& place = details["roofline"];
  try {
    if (ceilings == nullptr) {
      place = {{"absent", fmt::format("no ceilings of this machine are stored; {} measures",
                                      command_for(ceilings_suite(record.subject)))}};
    } else if (const auto profile = make_profile(record, run, *ceilings)) {
      place = to_json(*profile);
    } else {
      place = {{"absent", "no op was traced"}};
    }
  } catch (const Error& error) {
    place = {{"absent", error.what()}};
  }
  record.details = details.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace ridgepoint
