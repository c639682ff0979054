// What the commands that measure share: options for the axes of cases and for how they are run, and
// the way from cases to a stored run.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "harness/cli/command.h"
#include "harness/run/run_options.h"
#include "harness/run/sweep.h"
#include "results/store/store.h"
#include "workloads/case.h"
#include "workloads/suites/suite.h"

namespace CLI {
class Option;
}

namespace ridgepoint {

struct MeasuringArguments {
  std::map<std::string, std::vector<std::string>> axes;  ///< --name as typed, by case field
  RunOptions options;
  std::map<std::string, CLI::Option*> typed;    ///< run options by name, to see which were given
  std::set<std::string, std::less<>> by_suite;  ///< run options that a suite gave
};

/// An option for each case field that is wanted; `arguments` must outlive the parser.
void add_axis_options(CLI::App& command, MeasuringArguments& arguments,
                      const std::function<bool(const CaseField&)>& wanted);
void add_run_options(CLI::App& command, MeasuringArguments& arguments);
/// The options as they hold together; Error for values out of range and for contradictions.
void settle(MeasuringArguments& arguments);

/// The axes of one group as a suite's: fields that are `given`, in field order. Error for a value
/// that is none of its field.
Axes axes_of(const std::map<std::string, std::vector<std::string>>& given);

/// Measures what is left of the run, then prints it and says where it is.
SweepResult finish_run(const Invocation& invocation, Store& store, const std::string& run_id);
/// 0, 1 or 130: done, a case did not come out ok, interrupted.
int exit_code_of(const SweepResult& result);

}  // namespace ridgepoint
