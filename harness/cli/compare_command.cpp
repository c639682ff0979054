// compare: two selections of stored records against each other; the exit code is the verdict.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>

#include "harness/cli/cli.h"
#include "harness/cli/command.h"
#include "harness/cli/quality_budget_options.h"
#include "harness/cli/quantity.h"
#include "harness/cli/write_output.h"
#include "harness/environment/git_ref.h"
#include "results/compare/compare.h"
#include "results/report/comparison_markdown.h"
#include "results/report/comparison_report.h"
#include "results/report/comparison_text.h"
#include "results/verdict.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

struct CompareArguments {
  std::string a, b;
  std::vector<std::string> metrics;
  std::string threshold = "2%";
  std::string alpha = "1%";
  std::string format = "table";
  std::string output;
  bool across_machines = false;
  QualityBudgetArguments budget;
};

/// The summary of a workflow, which other steps write to as well.
void append_to_file(const std::string& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary | std::ios::app);
  if (!(out << text) || !out.flush()) {
    throw Error(fmt::format("{}: cannot be written; choose another place", path));
  }
}

int compare_runs(const Invocation& invocation, const CompareArguments& arguments) {
  require_comparison_format(arguments.format);
  CompareOptions options{.threshold = parse_share(arguments.threshold, "--threshold"),
                         .alpha = parse_share(arguments.alpha, "--alpha"),
                         .metrics = arguments.metrics,
                         .across_machines = arguments.across_machines,
                         .budget = parse_budget(arguments.budget)};
  const Store store = invocation.open_store(OpenMode::read_only);
  if (options.budget.given()) options.qualities = stored_qualities(store);
  const SelectedSides sides = select_sides(store, arguments.a, arguments.b, resolve_git_ref);
  const Comparison comparison = compare(sides, options);
  const std::string report = report_comparison(comparison, arguments.format);
  if (arguments.output.empty()) {
    fmt::print("{}", report);
  } else {
    write_output(arguments.output, report);
    fmt::print("{}\n{}\n", verdict_sentence(comparison), arguments.output);
  }
  const char* summary = std::getenv("GITHUB_STEP_SUMMARY");
  if (arguments.format == "github" && summary != nullptr && *summary != '\0') {
    append_to_file(summary, comparison_markdown(comparison));
  }
  return exit_code_of(comparison.verdict);
}

}  // namespace

void add_compare_command(CLI::App& app, Invocation& invocation) {
  const auto arguments = std::make_shared<CompareArguments>();
  CLI::App* command = add_command(
      app, invocation, "compare",
      "Compare stored runs: is B slower than A? (exit code: slower 1, same or faster 0, "
      "undecided 3, incomparable 4)",
      [&invocation, arguments] { return compare_runs(invocation, *arguments); });
  const std::string help =
      "Run id, label, 'latest', git ref, commit, or key:value,... (run, label, suite, commit, "
      "branch, machine, env, or any field of a case)";
  command->add_option("A", arguments->a, help)->required();
  command->add_option("B", arguments->b, "The same, for what is judged against A")->required();
  command
      ->add_option("--metric", arguments->metrics,
                   "Metrics to compare, or 'all' (default: the primary ones, memory, exactness)")
      ->delimiter(',')
      ->allow_extra_args(false);
  command->add_option("--threshold", arguments->threshold, "By how much a speed must differ")
      ->capture_default_str();
  command
      ->add_option("--alpha", arguments->alpha,
                   "Chance of any false 'slower' or 'faster' over all rows")
      ->capture_default_str();
  command
      ->add_option("--format", arguments->format,
                   fmt::format("{}", fmt::join(comparison_formats(), ", ")))
      ->capture_default_str();
  command->add_option("-o,--output", arguments->output,
                      "File to write; the verdict still goes to standard output");
  add_budget_options(*command, arguments->budget,
                     "a model case of B is not called faster, nor where its quality is not stored");
  command->add_flag("--across-machines", arguments->across_machines,
                    "The machine is what is compared: do not refuse different ones");
}

}  // namespace ridgepoint
