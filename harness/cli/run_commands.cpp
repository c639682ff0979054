// run, profile, resume, rerun: everything that measures.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "harness/cli/chosen_case.h"
#include "harness/cli/cli.h"
#include "harness/cli/command.h"
#include "harness/cli/interrupt.h"
#include "harness/cli/measuring.h"
#include "harness/cli/profile_text.h"
#include "harness/environment/environment.h"
#include "harness/profile/quick_ceilings.h"
#include "harness/run/data_folder.h"
#include "harness/run/preflight.h"
#include "harness/run/run_claim.h"
#include "harness/run/run_folder.h"
#include "harness/run/run_options.h"
#include "harness/run/sweep.h"
#include "results/roofline/attach_profile.h"
#include "workloads/case.h"
#include "workloads/error.h"
#include "workloads/suites/suite.h"

namespace ridgepoint {
namespace {

constexpr std::string_view kDefaultSuite = "smoke";
/// Rows of a phase that are shown at the end; show --profile=N shows more.
constexpr std::size_t kProfiledOps = 10;

struct RunArguments : MeasuringArguments {
  std::string suite;
  std::string label;
};

/// Only what was measured here can be measured again.
void refuse_import(const Run& run) {
  if (run.suite != "imported") return;
  throw Error(fmt::format(
      "run {}: it was imported ({}), so nothing of it can be measured here; run the program that "
      "wrote it, and import what comes out",
      run.id.substr(0, 8), run.tool_version));
}

/// No suite, but axes: one group of what decides which others mean something. Those go over it as
/// they go over a suite's, so that an option typed is an option used, or refused.
std::vector<Case> cases_of_axes(std::map<std::string, std::vector<std::string>> axes) {
  if (axes.contains("op") && !axes.contains("workload")) axes["workload"] = {"op"};
  std::map<std::string, std::vector<std::string>> deciding;
  if (auto workload = axes.extract("workload")) deciding.insert(std::move(workload));
  const auto asked = deciding.find("workload");
  if (asked != deciding.end() && std::ranges::find(asked->second, "op") != asked->second.end()) {
    if (auto op = axes.extract("op")) {
      // Before the other options: whether they mean something depends on it.
      for (const std::string& name : op.mapped()) refuse_unknown_operator(name);
      deciding.insert(std::move(op));
    }
  }
  return expand({.name = "", .description = "", .groups = {axes_of(deciding)}}, axes);
}

/// A new run of these cases; nothing is stored when one of them cannot be opened.
int measure(const Invocation& invocation, Store& store, const std::vector<Case>& cases,
            const RunOptions& options, const std::string& suite, const std::string& label) {
  preflight(cases, options);
  return exit_code_of(
      finish_run(invocation, store,
                 begin_sweep(store, cases, options, suite, label, invocation.command_line)));
}

/// What a suite asks for, unless the command line says otherwise.
void apply_options_of(const Suite& suite, RunArguments& arguments) {
  for (const SuiteOption& option : suite.options) {
    RunOptions asked;
    set_from_text(asked, option.name, option.value, option.where);
    try {
      validate(asked);
    } catch (const Error& error) {
      throw Error(fmt::format("{}: {}", option.where, error.what()));
    }
    if (arguments.typed.at(option.name)->count() == 0) {
      set_from_text(arguments.options, option.name, option.value, option.where);
      arguments.by_suite.insert(option.name);
    }
  }
}

/// Ceilings that a profile needs are there before minutes are spent on measuring.
void require_ceilings(const Store& store, const RunOptions& options,
                      const std::vector<Case>& cases) {
  if (!options.profile) return;
  const auto missing = missing_ceilings(store, read_environment().stable, cases);
  if (!missing.empty()) refuse_without_ceilings(store, missing.front());
}

/// Empty where axes alone make the cases.
std::string suite_to_run(const RunArguments& arguments) {
  return arguments.suite.empty() && arguments.axes.empty() ? std::string(kDefaultSuite)
                                                           : arguments.suite;
}

std::vector<Case> cases_to_run(RunArguments& arguments, const std::string& suite_name) {
  if (suite_name.empty()) {
    settle(arguments);
    return cases_of_axes(arguments.axes);
  }
  const Suite suite = load_suite(suite_name);
  apply_options_of(suite, arguments);
  settle(arguments);
  return expand(suite, arguments.axes);
}

int run(const Invocation& invocation, RunArguments& arguments) {
  arguments.options.benchmark_flags = invocation.benchmark_flags;
  const std::string suite_name = suite_to_run(arguments);
  const auto cases = cases_to_run(arguments, suite_name);
  Store store = invocation.open_store(OpenMode::read_write);
  require_ceilings(store, arguments.options, cases);
  return measure(invocation, store, cases, arguments.options, suite_name, arguments.label);
}

/// A run with --profile, which first measures quick ceilings where there are none, and then shows
/// the profile.
int profile(const Invocation& invocation, RunArguments& arguments) {
  arguments.options.profile = true;
  arguments.options.benchmark_flags = invocation.benchmark_flags;
  const std::string suite_name = suite_to_run(arguments);
  const auto cases = cases_to_run(arguments, suite_name);
  preflight(cases, arguments.options);
  Store store = invocation.open_store(OpenMode::read_write);
  for (const std::string& suite : missing_ceilings(store, read_environment().stable, cases)) {
    fmt::print(stderr, "no ceilings of this machine yet ({}): measuring quick ones\n", suite);
    const Interrupt interrupt;
    measure_quick_ceilings(store, suite, invocation.command_line, interrupt.requested());
    if (interrupt.requested().load()) return kExitInterrupted;
  }
  const std::string run_id = begin_sweep(store, cases, arguments.options, suite_name,
                                         arguments.label, invocation.command_line);
  const int exit_code = exit_code_of(finish_run(invocation, store, run_id));
  const auto data = store.whole_run(run_id, /*with_samples=*/false);
  fmt::print("{}\nwhat limits it: ridgepoint explain {}\n",
             profile_table(data, kProfiledOps, profiles_of(store, data.run)), run_id.substr(0, 8));
  return exit_code;
}

std::string newest_unfinished_run(const Store& store) {
  for (const auto& summary : store.list_runs()) {
    const bool unfinished = summary.recorded < summary.planned || summary.run.status != "finished";
    if (unfinished && !RunClaim::is_held(summary.run.id)) return summary.run.id;
  }
  throw Error(fmt::format("{}: every run is finished or being measured; nothing to resume",
                          store.path().string()));
}

int resume(const Invocation& invocation, const std::string& text) {
  Store store = invocation.open_store(OpenMode::read_write);
  const std::string run_id = text.empty() ? newest_unfinished_run(store) : store.resolve_run(text);
  const Run interrupted = store.run(run_id);
  refuse_import(interrupted);
  return_to_folder(interrupted);
  return exit_code_of(finish_run(invocation, store, run_id));
}

int rerun(const Invocation& invocation, const std::string& text) {
  const std::size_t slash = text.find('/');
  Store store = invocation.open_store(OpenMode::read_write);
  const std::string old_id = store.resolve_run(text.substr(0, slash));
  const Run old_run = store.run(old_id);
  refuse_import(old_run);
  const auto planned = store.planned_cases(old_id);
  std::vector<Case> cases;
  if (slash != std::string::npos) {
    cases.push_back(
        choose_case(planned, std::string_view(text).substr(slash + 1), old_id.substr(0, 8))
            .subject);
  } else {
    for (const auto& candidate : planned) cases.push_back(candidate.subject);
  }
  return_to_folder(old_run);
  return measure(invocation, store, cases, run_options_from_json(old_run.options), old_run.suite,
                 old_run.label);
}

}  // namespace

void add_run_commands(CLI::App& app, Invocation& invocation) {
  const auto arguments = std::make_shared<RunArguments>();
  CLI::App* run_command =
      add_command(app, invocation, "run",
                  "Measure a suite, or cases given by their options (default: the suite smoke)",
                  [&invocation, arguments] { return run(invocation, *arguments); });
  run_command->add_option("--suite", arguments->suite,
                          "Bundled suite or TOML file; case options override its axes");
  run_command->add_option("--label", arguments->label, "Name for this run, to find it by");
  add_axis_options(*run_command, *arguments, [](const CaseField&) { return true; });
  add_run_options(*run_command, *arguments);
  run_command->add_flag("--profile", arguments->options.profile,
                        "Trace more passes and place each op under the ceilings of this machine "
                        "(ridgepoint roofline)");
  run_command->footer("Google Benchmark's flags for operator cases go after '--'.");

  const auto profiled = std::make_shared<RunArguments>();
  CLI::App* profile_command = add_command(
      app, invocation, "profile", "Measure as run does, and show each op against its own roof",
      [&invocation, profiled] { return profile(invocation, *profiled); });
  profile_command->add_option("--suite", profiled->suite,
                              "Bundled suite or TOML file; case options override its axes");
  profile_command->add_option("--label", profiled->label, "Name for this run, to find it by");
  add_axis_options(*profile_command, *profiled, [](const CaseField&) { return true; });
  add_run_options(*profile_command, *profiled);

  const auto resumed = std::make_shared<std::string>();
  add_command(app, invocation, "resume", "Finish a run that was interrupted",
              [&invocation, resumed] { return resume(invocation, *resumed); })
      ->add_option("RUN", *resumed, "Run id or label (default: the newest unfinished run)");

  const auto repeated = std::make_shared<std::string>();
  add_command(app, invocation, "rerun", "Measure a stored run's cases again, as a new run",
              [&invocation, repeated] { return rerun(invocation, *repeated); })
      ->add_option("RUN[/CASE]", *repeated, "Run, or one case of it by number or hash")
      ->required();
}

}  // namespace ridgepoint
