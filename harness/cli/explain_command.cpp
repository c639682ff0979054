// explain: what limits a stored run. profile and run --profile, which measure, are in
// run_commands.cpp.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <optional>

#include "harness/cli/chosen_case.h"
#include "harness/cli/cli.h"
#include "harness/cli/command.h"
#include "harness/cli/profile_text.h"
#include "results/report/explanation.h"
#include "results/roofline/attach_profile.h"
#include "workloads/error.h"
#include "workloads/number_of.h"

namespace ridgepoint {
namespace {

/// A run of many cases is explained by its first ones; the others are asked for by number.
constexpr std::size_t kMostExplained = 3;

int explain(const Invocation& invocation, const std::string& text) {
  const Store store = invocation.open_store(OpenMode::read_only);
  RunWithRecords data = chosen_records(store, text);
  const ProfileOf profile_of = profiles_of(store, data.run);
  std::size_t explained = 0, left_out = 0;
  std::string refusals;
  for (const Record& record : data.records) {
    const auto profile = profile_of(record);
    if (!profile) {
      refusals += fmt::format("{}  {}: {}\n", record.ordinal, label(record.subject),
                              why_no_profile(record));
      continue;
    }
    if (explained == kMostExplained) {
      ++left_out;
      continue;
    }
    if (explained++ > 0) fmt::print("\n");
    fmt::print("{}", explanation(record, *profile));
  }
  if (left_out > 0) {
    fmt::print("\n{} more {}: ridgepoint explain {}/NUMBER\n", left_out,
               noun_for(static_cast<std::int64_t>(left_out), "case"), data.run.id.substr(0, 8));
  }
  if (explained > 0) return kExitOk;
  if (refusals.empty()) throw Error("this run has no case that was measured; resume it first");
  fmt::print("nothing can be explained:\n{}", refusals);
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
  using BySuite = std::map<std::string, std::optional<StoredCeilings>>;
  return [&store, run, known = std::make_shared<BySuite>()](const Record& record) {
    if (auto stored = roofline::stored_profile(record)) return stored;
    if (record.measurement.op_times.empty()) return std::optional<roofline::CaseProfile>();
    // It was traced and not profiled: the ceilings may have been measured since.
    const std::string suite = ceilings_suite(record.subject);
    if (!known->contains(suite)) (*known)[suite] = find_ceilings(store, run.environment, suite);
    const auto& ceilings = known->at(suite);
    if (!ceilings) refuse_without_ceilings(store, suite);
    return make_profile(record, run, *ceilings);
  };
}

void add_explain_command(CLI::App& app, Invocation& invocation) {
  const auto run = std::make_shared<std::string>("latest");
  add_command(app, invocation, "explain",
              "Say in about ten lines what limits a run and what would help",
              [&invocation, run] { return explain(invocation, *run); })
      ->add_option("RUN[/CASE]", *run,
                   "Run id (or its first characters), label, or 'latest'; with a case of it by "
                   "number or hash, that case alone")
      ->capture_default_str();
}

}  // namespace ridgepoint
