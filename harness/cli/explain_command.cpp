// explain: what limits a stored run. profile and run --profile, which measure, are in
// run_commands.cpp.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/cli/chosen_case.h"
#include "harness/cli/cli.h"
#include "harness/cli/command.h"
#include "harness/cli/profile_text.h"
#include "harness/environment/environment.h"
#include "results/compare/environment_difference.h"
#include "results/report/explanation.h"
#include "results/roofline/attach_profile.h"
#include "workloads/error.h"
#include "workloads/number_of.h"

namespace ridgepoint {
namespace {

/// A run of many cases is explained by its first ones; the others are asked for by number.
constexpr std::size_t kMostExplained = 3;

/// Of cases that cannot be explained; with its heading and what is left out, ten lines.
constexpr std::size_t kMostRefusals = 8;

/// Numbers of cases that are left out are named as long as they fit on a line.
constexpr std::size_t kMostNumbers = 12;

/// Whether a record has what an explanation is made from.
bool has_profile(const Record& record) {
  return !record.measurement.op_times.empty() || roofline::stored_profile(record).has_value();
}

/// The newest run of which anything can be explained: ops of a run that was only traced need
/// ceilings of its machine.
RunWithRecords newest_profiled(const Store& store) {
  std::string newest_refusal;
  for (const auto& summary : store.list_runs()) {
    auto data = store.whole_run(summary.run.id, /*with_samples=*/false);
    const ProfileOf profile_of = profiles_of(store, data.run);
    for (const Record& record : data.records) {
      if (!has_profile(record)) continue;
      const auto profile = profile_of(record);
      if (profile) return data;
      if (newest_refusal.empty()) {
        newest_refusal = fmt::format("run {}: {}", data.run.id.substr(0, 8), profile.why());
      }
    }
  }
  throw Error(
      newest_refusal.empty()
          ? fmt::format("{}: no run has a profile yet; make one with: ridgepoint profile",
                        store.path().string())
          : fmt::format("{}: no run can be explained; the newest whose ops were traced is {}",
                        store.path().string(), newest_refusal));
}

/// "2 more cases (3, 4): ridgepoint explain 0123abcd/NUMBER".
std::string left_out_text(const std::vector<std::int64_t>& numbers, const std::string& run_id) {
  const auto shown = std::min(numbers.size(), kMostNumbers);
  return fmt::format(
      "\n{} more {} ({}{}): ridgepoint explain {}/NUMBER\n", numbers.size(),
      noun_for(static_cast<std::int64_t>(numbers.size()), "case"),
      fmt::join(numbers.begin(), numbers.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
      shown < numbers.size() ? ", ..." : "", run_id.substr(0, 8));
}

/// Why nothing can be explained: each reason with the first case that has it.
std::string refusals_text(const std::vector<std::pair<const Record*, std::string>>& refusals) {
  std::vector<std::pair<std::string, std::size_t>> lines;  // and how many more have the reason
  std::map<std::string, std::size_t> line_of;
  for (const auto& [record, why] : refusals) {
    const auto [found, is_new] = line_of.try_emplace(why, lines.size());
    if (is_new) {
      lines.emplace_back(fmt::format("{}  {}: {}", record->ordinal, label(record->subject), why),
                         0);
    } else {
      ++lines[found->second].second;
    }
  }
  std::string text = "nothing can be explained:\n";
  for (std::size_t i = 0; i < std::min(lines.size(), kMostRefusals); ++i) {
    text += lines[i].first;
    if (lines[i].second > 0) text += fmt::format(" (and {} more)", lines[i].second);
    text += "\n";
  }
  if (lines.size() > kMostRefusals) {
    text += fmt::format("and {} more reasons\n", lines.size() - kMostRefusals);
  }
  return text;
}

int explain(const Invocation& invocation, const std::string& text) {
  const Store store = invocation.open_store(OpenMode::read_only);
  RunWithRecords data = text.empty() ? newest_profiled(store) : chosen_records(store, text);
  const ProfileOf profile_of = profiles_of(store, data.run);
  std::size_t explained = 0;
  std::vector<std::int64_t> left_out;
  std::vector<std::pair<const Record*, std::string>> refusals;
  for (const Record& record : data.records) {
    const auto profile = profile_of(record);
    if (!profile) {
      refusals.emplace_back(&record, profile.why());
      continue;
    }
    if (explained == kMostExplained) {
      left_out.push_back(record.ordinal);
      continue;
    }
    if (explained++ > 0) fmt::print("\n");
    fmt::print("{}", explanation(record, profile.value()));
  }
  if (!left_out.empty()) fmt::print("{}", left_out_text(left_out, data.run.id));
  if (explained > 0) return kExitOk;
  if (refusals.empty()) throw Error("this run has no case that was measured; resume it first");
  fmt::print("{}", refusals_text(refusals));
  return kExitNotOk;
}

}  // namespace

RunWithRecords chosen_records(const Store& store, const std::string& text) {
  const auto whole = [&](const std::string& run) {
    return store.whole_run(store.resolve_run(run), /*with_samples=*/false);
  };
  const std::size_t slash = text.rfind('/');
  if (slash == std::string::npos) return whole(text);
  try {
    return whole(text);  // labels may hold a slash
  } catch (const Error&) {
    // A case of a run, then.
  }
  RunWithRecords data = whole(text.substr(0, slash));
  const PlannedCase chosen =
      choose_case(data.planned, text.substr(slash + 1), data.run.id.substr(0, 8));
  std::erase_if(data.records,
                [&](const Record& record) { return record.ordinal != chosen.ordinal; });
  return data;
}

ProfileOf profiles_of(const Store& store, const Run& run) {
  using Profile = Reading<roofline::CaseProfile>;
  const RunPlace place = same_machine(read_environment().stable, run.environment)
                             ? RunPlace::here
                             : RunPlace::elsewhere;
  return [run, place, known = std::make_shared<CeilingsOfRun>(store, run)](const Record& record) {
    if (auto stored = roofline::stored_profile(record)) return Profile::of(std::move(*stored));
    if (record.measurement.op_times.empty()) return Profile::absent(why_no_profile(record));
    // It was traced and not profiled: the ceilings may have been measured since.
    const StoredCeilings* const ceilings = known->of(record.subject);
    if (ceilings == nullptr) {
      return Profile::absent(why_no_ceilings(run, ceilings_suite(record.subject), place));
    }
    try {
      return Profile::of(make_profile(record, run, *ceilings, place).value());
    } catch (const Error& error) {
      return Profile::absent(error.what());
    }
  };
}

void add_explain_command(CLI::App& app, Invocation& invocation) {
  const auto run = std::make_shared<std::string>();
  add_command(app, invocation, "explain",
              "Say in about ten lines what limits a run and what would help",
              [&invocation, run] { return explain(invocation, *run); })
      ->add_option("RUN[/CASE]", *run,
                   "Run id (or its first characters), label, or 'latest'; with a case of it by "
                   "number or hash, that case alone (default: the newest run with a profile)");
}

}  // namespace ridgepoint
