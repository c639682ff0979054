// quality: how well a model predicts a text, and how far it is from a baseline; with its speed in
// the same run, if wanted.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <set>
#include <string_view>

#include "harness/cli/cli.h"
#include "harness/cli/command.h"
#include "harness/cli/measuring.h"
#include "harness/cli/quality_budget_options.h"
#include "harness/quality/logit_file.h"
#include "harness/run/preflight.h"
#include "results/report/table.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

constexpr std::int64_t kSpeedPrompt = 512;
constexpr std::int64_t kSpeedGenerate = 64;

struct QualityArguments : MeasuringArguments {
  std::string label;
  std::string baseline, baseline_backend;
  bool with_speed = false;
  QualityBudgetArguments budget;
};

/// The variant that a stored run measured, as a baseline.
void take_baseline_from_run(const Store& store, QualityArguments& arguments) {
  const std::string run_id = store.resolve_run(arguments.baseline);
  std::vector<Case> variants;
  for (const auto& planned : store.planned_cases(run_id)) {
    const Case& subject = planned.subject;
    if (subject.workload != "quality" && subject.workload != "llm") continue;
    if (std::ranges::none_of(variants,
                             [&](const Case& one) { return same_variant(one, subject); })) {
      variants.push_back(subject);
    }
  }
  if (variants.size() != 1) {
    throw Error(fmt::format(
        "--baseline {}: run {} has {} variants of models; a baseline is one, so name it with "
        "--baseline-backend and --baseline-model",
        arguments.baseline, run_id.substr(0, 8), variants.size()));
  }
  const Case& variant = variants.front();
  if (!variant.type.empty()) {
    throw Error(fmt::format(
        "--baseline {}: its model {} is a shape with made-up weights, which is no baseline for "
        "others; write it to a file with 'ridgepoint model make'",
        arguments.baseline, variant.model));
  }
  if (!variant.transform.empty()) {
    throw Error(
        fmt::format("--baseline {}: its model {} is transformed ({}); write it to a file with "
                    "'ridgepoint model transform', or keep its logits with --save-logits",
                    arguments.baseline, variant.model, variant.transform));
  }
  arguments.axes["baseline"] = {variant.backend};
  arguments.axes["baseline_model"] = {variant.model};
  arguments.axes["baseline_kv"] = {variant.kv};
}

/// What was typed as --baseline or --baseline-backend, as axes of the case.
void settle_baseline(const Invocation& invocation, QualityArguments& arguments) {
  if (!arguments.baseline.empty() && !arguments.baseline_backend.empty()) {
    throw Error("--baseline and --baseline-backend: give one of them");
  }
  if (!arguments.baseline_backend.empty()) {
    arguments.axes["baseline"] = {arguments.baseline_backend};
  } else if (arguments.baseline == "none" || arguments.baseline.starts_with("file:")) {
    arguments.axes["baseline"] = {arguments.baseline};
  } else if (is_logit_file(arguments.baseline)) {
    arguments.axes["baseline"] = {"file:" + arguments.baseline};
  } else if (!arguments.baseline.empty()) {
    take_baseline_from_run(invocation.open_store(OpenMode::read_only), arguments);
  }
}

/// The quality cases, and with them the speed of each variant.
std::vector<Case> cases_of(const QualityArguments& arguments) {
  std::map<std::string, std::vector<std::string>> quality, speed;
  for (const auto& [name, values] : arguments.axes) {
    const CaseField& field = *find_case_field(name);
    if (field.quality) quality[name] = values;
    if (field.llm) speed[name] = values;
  }
  quality["workload"] = {"quality"};
  speed["workload"] = {"llm"};
  if (!speed.contains("prompt")) speed["prompt"] = {std::to_string(kSpeedPrompt)};
  if (!speed.contains("generate")) speed["generate"] = {std::to_string(kSpeedGenerate)};
  Suite suite{.name = "", .description = "", .groups = {axes_of(quality)}};
  if (arguments.with_speed) suite.groups.insert(suite.groups.begin(), axes_of(speed));
  return expand(suite, {});
}

void refuse_misfits(const QualityArguments& arguments, const std::vector<Case>& cases,
                    const QualityBudget& budget) {
  if (!arguments.with_speed) {
    for (const auto& [name, values] : arguments.axes) {
      if (find_case_field(name)->quality) continue;
      throw Error(fmt::format("--{}: says how speed is measured; give --with-speed, too", name));
    }
  }
  std::int64_t qualities = 0;
  for (const auto& subject : cases) {
    if (subject.workload != "quality") continue;
    ++qualities;
    if (budget.given() && subject.baseline == "none") {
      throw Error("--max-kl and --max-perplexity-increase need a baseline to be held against");
    }
  }
  if (!arguments.options.save_logits.empty() && qualities != 1) {
    throw Error(fmt::format(
        "--save-logits: {} quality cases would write the same file; ask for one", qualities));
  }
}

/// A line for each quality case past the budget. Returns how many there are.
std::int64_t report_past_budget(const Store& store, const std::string& run_id,
                                const QualityBudget& budget) {
  std::int64_t count = 0;
  for (const auto& record : store.records(run_id, /*with_samples=*/false)) {
    if (record.subject.workload != "quality") continue;
    const std::string past = past_budget(budget, record.measurement.metrics);
    if (past.empty()) continue;
    std::fflush(stdout);
    fmt::print(stderr, "ridgepoint: past the quality budget: #{} {}: {}\n", record.ordinal,
               label(record.subject), past);
    ++count;
  }
  return count;
}

int measure_quality(const Invocation& invocation, QualityArguments& arguments) {
  settle(arguments);
  const QualityBudget budget = parse_budget(arguments.budget);
  settle_baseline(invocation, arguments);
  const auto cases = cases_of(arguments);
  refuse_misfits(arguments, cases, budget);
  preflight(cases, arguments.options);
  Store store = invocation.open_store(OpenMode::read_write);
  const std::string run_id =
      begin_sweep(store, cases, arguments.options, "", arguments.label, invocation.command_line);
  const int exit_code = exit_code_of(finish_run(invocation, store, run_id));
  if (exit_code == kExitInterrupted || !budget.given()) return exit_code;
  return report_past_budget(store, run_id, budget) > 0 ? kExitNotOk : exit_code;
}

}  // namespace

void add_quality_command(CLI::App& app, Invocation& invocation) {
  const auto arguments = std::make_shared<QualityArguments>();
  CLI::App* command =
      add_command(app, invocation, "quality",
                  "How well does a model predict a text, and how far is it from a baseline?",
                  [&invocation, arguments] { return measure_quality(invocation, *arguments); });
  command->add_option("--label", arguments->label, "Name for this run, to find it by");
  add_axis_options(*command, *arguments, [](const CaseField& field) {
    return (field.quality || field.llm) && field.name != "workload" && field.name != "baseline";
  });
  command
      ->add_option("--baseline", arguments->baseline,
                   "What to be held against: a run (its model and backend), a file that "
                   "--save-logits wrote, or none (default: the backend reference, same model)")
      ->type_name("RUN|FILE|none");
  command
      ->add_option("--baseline-backend", arguments->baseline_backend,
                   "Backend that computes the baseline's logits")
      ->type_name("NAME");
  command->add_flag("--with-speed", arguments->with_speed,
                    "Measure the speed of each variant in the same run, for one row of both "
                    "(default: --prompt 512 --generate 64)");
  command
      ->add_option("--save-logits", arguments->options.save_logits,
                   "Keep the logits in this file, to be a --baseline later")
      ->type_name("FILE");
  add_budget_options(*command, arguments->budget, "the exit code is 1");
  add_run_options(*command, *arguments);
}

}  // namespace ridgepoint
