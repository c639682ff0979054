// run, resume, rerun: everything that measures.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <memory>
#include <vector>

#include "harness/cli/chosen_case.h"
#include "harness/cli/cli.h"
#include "harness/cli/command.h"
#include "harness/cli/interrupt.h"
#include "harness/run/data_folder.h"
#include "harness/run/preflight.h"
#include "harness/run/progress.h"
#include "harness/run/run_options.h"
#include "harness/run/sweep.h"
#include "results/report/table.h"
#include "workloads/case.h"
#include "workloads/error.h"
#include "workloads/suites/suite.h"

namespace ridgepoint {
namespace {

constexpr std::string_view kDefaultSuite = "smoke";

struct RunArguments {
  std::string suite;
  std::string label;
  std::map<std::string, std::vector<std::string>> axes;  ///< --name as typed, by case field
  RunOptions options;
  std::map<std::string, CLI::Option*> typed;  ///< run options by name, to see which were given
};

/// Lists are split at commas, except in free text (paths and backend options hold commas): those
/// are given once a value.
bool splits_at_commas(const CaseField& field) {
  return field.choices.size() > 1 || std::holds_alternative<std::int64_t Case::*>(field.member);
}

std::string option_name(std::string_view field) {
  std::string name = "--" + std::string(field);
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

void add_axis_options(CLI::App& command, RunArguments& arguments) {
  for (const auto& field : case_fields()) {
    auto* option =
        command
            .add_option_function<std::vector<std::string>>(
                option_name(field.name),
                [&arguments, name = std::string(field.name)](const auto& values) {
                  arguments.axes[name] = values;
                },
                std::string(field.help))
            ->allow_extra_args(false)
            ->group("Case: each may be given several times, or with a list: --batch 1,4,16");
    if (splits_at_commas(field)) option->delimiter(',');
  }
}

void add_run_options(CLI::App& command, RunArguments& arguments) {
  for (const auto& field : run_option_fields()) {
    CLI::Option* option = std::visit(
        [&](auto member) {
          return command.add_option(option_name(field.name), arguments.options.*member,
                                    std::string(field.help));
        },
        field.member);
    option->capture_default_str()->group("Measuring");
    arguments.typed[std::string(field.name)] = option;
  }
}

/// No suite, but axes: one group of just these, so that an option typed is an option used.
Suite suite_from_axes(const std::map<std::string, std::vector<std::string>>& axes) {
  Axes group;
  for (const auto& field : case_fields()) {
    const auto given = axes.find(std::string(field.name));
    if (given == axes.end()) {
      if (field.name == "workload" && axes.contains("op")) group.push_back({"workload", {"op"}});
      continue;
    }
    std::vector<FieldValue> values;
    for (const auto& text : given->second) {
      Case parsed;
      set_from_text(parsed, field, text);
      values.push_back(get(parsed, field));
    }
    group.push_back({std::string(field.name), values});
  }
  return {.name = "", .description = "", .groups = {group}};
}

int exit_code(const SweepResult& result) {
  if (result.interrupted) return kExitInterrupted;
  return result.not_ok > 0 || result.ok == 0 ? kExitNotOk : kExitOk;
}

/// Measures what is left of the run, then prints it and says where it is.
int finish_run(const Invocation& invocation, Store& store, const std::string& run_id) {
  const Interrupt interrupt;
  const auto progress = make_progress();
  const SweepResult result = run_sweep(store, run_id, *progress, interrupt.requested());
  fmt::print("{}\ndatabase: {}\nrun:      {}{}\n", run_table(store.whole_run(run_id)),
             invocation.database_path().string(), run_id,
             result.interrupted
                 ? "  (interrupted; go on with: ridgepoint resume " + run_id.substr(0, 8) + ")"
                 : "");
  return exit_code(result);
}

/// A new run of these cases; nothing is stored when one of them cannot be opened.
int measure(const Invocation& invocation, Store& store, const std::vector<Case>& cases,
            const RunOptions& options, const std::string& suite, const std::string& label) {
  preflight(cases, options);
  return finish_run(invocation, store,
                    begin_sweep(store, cases, options, suite, label, invocation.command_line));
}

/// What a suite asks for, unless the command line says otherwise.
void apply_options_of(const Suite& suite, RunArguments& arguments) {
  for (const auto& [name, text] : suite.options) {
    RunOptions asked;
    set_from_text(asked, name, text, "suite " + suite.name);
    if (arguments.typed.at(name)->count() == 0) {
      set_from_text(arguments.options, name, text, "suite " + suite.name);
    }
  }
}

int run(const Invocation& invocation, RunArguments& arguments) {
  arguments.options.benchmark_flags = invocation.benchmark_flags;
  validate(arguments.options);
  const bool default_suite = arguments.suite.empty() && arguments.axes.empty();
  const std::string suite_name = default_suite ? std::string(kDefaultSuite) : arguments.suite;
  std::vector<Case> cases;
  if (suite_name.empty()) {
    cases = expand(suite_from_axes(arguments.axes), {});
  } else {
    const Suite suite = load_suite(suite_name);
    apply_options_of(suite, arguments);
    validate(arguments.options);
    cases = expand(suite, arguments.axes);
  }
  Store store = invocation.open_store(OpenMode::read_write);
  return measure(invocation, store, cases, arguments.options, suite_name, arguments.label);
}

std::string newest_unfinished_run(const Store& store) {
  for (const auto& summary : store.list_runs()) {
    if (summary.recorded < summary.planned || summary.run.status != "finished")
      return summary.run.id;
  }
  throw Error(fmt::format("{}: every run is finished; nothing to resume", store.path().string()));
}

int resume(const Invocation& invocation, const std::string& text) {
  Store store = invocation.open_store(OpenMode::read_write);
  const std::string run_id = text.empty() ? newest_unfinished_run(store) : store.resolve_run(text);
  return finish_run(invocation, store, run_id);
}

int rerun(const Invocation& invocation, const std::string& text) {
  const std::size_t slash = text.find('/');
  Store store = invocation.open_store(OpenMode::read_write);
  const std::string old_id = store.resolve_run(text.substr(0, slash));
  const Run old_run = store.run(old_id);
  const auto planned = store.planned_cases(old_id);
  std::vector<Case> cases;
  if (slash != std::string::npos) {
    cases.push_back(
        choose_case(planned, std::string_view(text).substr(slash + 1), old_id.substr(0, 8))
            .subject);
  } else {
    for (const auto& candidate : planned) cases.push_back(candidate.subject);
  }
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
  add_axis_options(*run_command, *arguments);
  add_run_options(*run_command, *arguments);
  run_command->footer("Google Benchmark's flags for operator cases go after '--'.");

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
