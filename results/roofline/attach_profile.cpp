#include "results/roofline/attach_profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "profiler/perf/core_pmu.h"
#include "results/compare/environment_difference.h"
#include "results/exchange/json_text.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

std::string why_not_counted(RunPlace place) {
  if (place == RunPlace::elsewhere) return "no op was counted in this run";
  const auto pmu = read_core_pmu();
  return pmu ? std::string("no op was counted in this run: ridgepoint profile counts them")
             : pmu.why();
}

/// How ceilings of this suite are measured.
std::string command_for(std::string_view suite) {
  const std::string device = ceilings_device(suite).value_or("");
  return fmt::format("ridgepoint roofline{}{}", device.empty() ? "" : " --device ", device);
}

/// Of finished runs of such ceilings of that machine, the newest first, until `take` says false.
template <class Take>
void for_ceiling_runs(const Store& store, const std::string& environment, std::string_view suite,
                      Take&& take) {
  for (const Run& summary : store.runs()) {
    if (summary.suite != suite || summary.status != "finished") continue;
    Run run = store.run(summary.id);
    if (!same_machine(environment, run.environment)) continue;
    if (!take(std::move(run))) return;
  }
}

bool is_full(const StoredCeilings& ceilings, int threads) {
  try {
    return roofline::roofs_of(ceilings.run, ceilings.records, threads).is_full();
  } catch (const Error&) {
    return false;
  }
}

std::string cpu_of(const Run& run) {
  const std::string known = text_at(run.environment, "/cpu/model");
  return known.empty() ? "a CPU that is not on record" : known;
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
                                            std::string_view suite, int threads) {
  std::optional<StoredCeilings> newest, full;
  for_ceiling_runs(store, environment, suite, [&](Run run) {
    auto records = store.records(run.id, /*with_samples=*/false);
    StoredCeilings found{std::move(run), std::move(records)};
    if (is_full(found, threads)) {
      full = std::move(found);
    } else if (!newest) {
      newest = std::move(found);
    }
    return !full.has_value();
  });
  if (!full) return newest;
  if (newest) {
    full->note = fmt::format(
        "newer ceilings (run {}) are passed over: they end in the caches, or are of other numbers "
        "of threads",
        newest->run.id.substr(0, 8));
  }
  return full;
}

const StoredCeilings* CeilingsOfRun::of(const Case& subject) {
  const std::string suite = ceilings_suite(subject);
  const int threads = threads_of_case(subject);
  const auto [entry, is_new] = known_.try_emplace({suite, threads});
  if (is_new) entry->second = find_ceilings(store_, environment_, suite, threads);
  return entry->second ? &*entry->second : nullptr;
}

std::vector<std::string> missing_ceilings(const Store& store, const std::string& environment,
                                          const std::vector<Case>& cases) {
  std::set<std::string> suites;
  for (const Case& subject : cases) suites.insert(ceilings_suite(subject));
  std::vector<std::string> missing;
  for (const std::string& suite : suites) {
    bool found = false;
    for_ceiling_runs(store, environment, suite, [&](const Run&) {
      found = true;
      return false;
    });
    if (!found) missing.push_back(suite);
  }
  return missing;
}

void refuse_without_ceilings(const Store& store, std::string_view suite) {
  throw Error(
      fmt::format("{}: it holds no ceilings of this machine to place ops under; measure them "
                  "first: {} (or with "
                  "--quick, under a minute)",
                  store.path().string(), command_for(suite)));
}

std::string why_no_ceilings(const Run& run, std::string_view suite, RunPlace place) {
  if (place == RunPlace::here) {
    return fmt::format(
        "no ceilings of this machine are stored; measure them: {} (or with --quick, under a "
        "minute)",
        command_for(suite));
  }
  return fmt::format(
      "no ceilings of that machine ({}) are stored; only '{}' there measures them: import that run",
      cpu_of(run), command_for(suite));
}

int threads_of_case(const Case& subject) {
  return static_cast<int>(std::max<std::int64_t>(1, subject.threads));
}

std::optional<roofline::CaseProfile> make_profile(const Record& record, const Run& run,
                                                  const StoredCeilings& ceilings, RunPlace place) {
  auto roofs = roofline::roofs_of(ceilings.run, ceilings.records, threads_of_case(record.subject));
  if (!ceilings.note.empty()) {
    roofs.note += (roofs.note.empty() ? "" : "; ") + ceilings.note;
  }
  return roofline::profile_of(record, roofs, static_cast<double>(run.harness_floor_ns),
                              why_not_counted(place));
}

void attach_profile(Record& record, const Run& run, const StoredCeilings* ceilings) {
  auto details = nlohmann::json::parse(record.details, nullptr, /*allow_exceptions=*/false);
  if (!details.is_object()) details = nlohmann::json::object();
  nlohmann::json& place = details["roofline"];
  try {
    if (ceilings == nullptr) {
      place = {{"absent", why_no_ceilings(run, ceilings_suite(record.subject), RunPlace::here)}};
    } else if (const auto profile = make_profile(record, run, *ceilings, RunPlace::here)) {
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
