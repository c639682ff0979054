#include "harness/cli/measuring.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <variant>

#include "harness/cli/cli.h"
#include "harness/cli/interrupt.h"
#include "harness/run/progress.h"
#include "harness/run/stopping_options.h"
#include "results/report/table.h"

namespace ridgepoint {
namespace {

/// Lists are split at commas, except in free text (paths and backend options hold commas): those
/// are given once a value.
bool splits_at_commas(const CaseField& field) {
  return field.list || field.choices.size() > 1 ||
         std::holds_alternative<std::int64_t Case::*>(field.member);
}

/// Specs of backends, changes of weights and paths may hold commas.
constexpr const char* kCaseGroup =
    "Case: each may be given several times (--backend A --backend B); numbers and types with a "
    "list, "
    "too: --batch 1,4,16";

}  // namespace

void add_axis_options(CLI::App& command, MeasuringArguments& arguments,
                      const std::function<bool(const CaseField&)>& wanted) {
  for (const auto& field : case_fields()) {
    if (!wanted(field)) continue;
    auto* option = command
                       .add_option_function<std::vector<std::string>>(
                           option_name(field.name),
                           [&arguments, name = std::string(field.name)](const auto& values) {
                             arguments.axes[name] = values;
                           },
                           std::string(field.help))
                       ->allow_extra_args(false)
                       ->group(kCaseGroup);
    if (splits_at_commas(field)) option->delimiter(',');
  }
}

void add_run_options(CLI::App& command, MeasuringArguments& arguments) {
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

void settle(MeasuringArguments& arguments) {
  validate(arguments.options);
  settle_stopping_options(arguments.options, [&](std::string_view name) {
    const auto typed = arguments.typed.find(std::string(name));
    return (typed != arguments.typed.end() && typed->second->count() > 0) ||
           arguments.by_suite.contains(name);
  });
}

Axes axes_of(const std::map<std::string, std::vector<std::string>>& given) {
  Axes group;
  for (const auto& field : case_fields()) {
    const auto found = given.find(std::string(field.name));
    if (found == given.end()) continue;
    std::vector<FieldValue> values;
    for (const auto& text : found->second) {
      Case parsed;
      set_from_text(parsed, field, text);
      values.push_back(get(parsed, field));
    }
    group.push_back({std::string(field.name), values});
  }
  return group;
}

SweepResult finish_run(const Invocation& invocation, Store& store, const std::string& run_id) {
  const Interrupt interrupt;
  const auto progress = make_progress();
  const SweepResult result = run_sweep(store, run_id, *progress, interrupt.requested());
  fmt::print("{}\ndatabase: {}\nrun:      {}{}\n", run_table(store.whole_run(run_id)),
             invocation.database_path().string(), run_id,
             result.interrupted
                 ? "  (interrupted; go on with: ridgepoint resume " + run_id.substr(0, 8) + ")"
                 : "");
  return result;
}

int exit_code_of(const SweepResult& result) {
  if (result.interrupted) return kExitInterrupted;
  return result.not_ok > 0 || result.ok == 0 ? kExitNotOk : kExitOk;
}

}  // namespace ridgepoint
