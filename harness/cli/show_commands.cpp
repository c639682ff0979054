// show, export: one stored run, for people and for other tools.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <memory>
#include <stdexcept>

#include "harness/cli/chosen_case.h"
#include "harness/cli/cli.h"
#include "harness/cli/command.h"
#include "harness/cli/profile_text.h"
#include "harness/cli/write_output.h"
#include "results/compare/quality_budget.h"
#include "results/exchange/export.h"
#include "results/lens/lens.h"
#include "results/report/case_report.h"
#include "results/report/lens_table.h"
#include "results/report/op_table.h"
#include "results/report/table.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

struct ShowOptions {
  std::string run = "latest";
  std::string format = "json";
  std::string output;
  std::int64_t ops = 0;       ///< rows of a table of ops; 0: the run as a table
  std::int64_t profiled = 0;  ///< rows of a table of profiled ops; 0: none
  std::string lens;
};

/// Qualities that may stand beside the speeds of a run.
std::vector<Record> qualities_beside(const Invocation& invocation, const RunWithRecords& data) {
  const bool models = std::ranges::any_of(
      data.records, [](const Record& record) { return record.subject.workload == "llm"; });
  return models ? stored_qualities(invocation.open_store(OpenMode::read_only))
                : std::vector<Record>();
}

RunWithRecords load_run(const Invocation& invocation, const std::string& text) {
  const Store store = invocation.open_store(OpenMode::read_only);
  return store.whole_run(store.resolve_run(text));
}

/// Labels may hold a slash.
bool is_run(const Invocation& invocation, const std::string& text) {
  try {
    static_cast<void>(invocation.open_store(OpenMode::read_only).resolve_run(text));
    return true;
  } catch (const Error&) {
    return false;
  }
}

int show_case(const Invocation& invocation, const ShowOptions& options, std::size_t slash) {
  const Store store = invocation.open_store(OpenMode::read_only);
  const std::string run_id = store.resolve_run(options.run.substr(0, slash));
  const std::string text = options.run.substr(slash + 1);
  const PlannedCase chosen =
      choose_case(store.planned_cases(run_id), text, std::string_view(run_id).substr(0, 8));
  RunWithRecords data{store.run(run_id), {}, {chosen}};
  try {
    data.records.push_back(store.record(run_id, chosen.ordinal));
  } catch (const std::out_of_range&) {
    throw Error(fmt::format("run {}: case {} was not measured yet; 'ridgepoint resume {}' goes on",
                            run_id.substr(0, 8), chosen.ordinal, run_id.substr(0, 8)));
  }
  if (options.ops > 0) {
    fmt::print("{}", op_table(data, static_cast<std::size_t>(options.ops)));
  } else {
    fmt::print("{}", options.lens.empty() ? case_report(data.run, data.records.front())
                                          : lens_table(data, options.lens));
  }
  return kExitOk;
}

int show_profile(const Invocation& invocation, const ShowOptions& options) {
  const Store store = invocation.open_store(OpenMode::read_only);
  const RunWithRecords data = chosen_records(store, options.run);
  fmt::print("{}", profile_table(data, static_cast<std::size_t>(options.profiled),
                                 profiles_of(store, data.run)));
  return kExitOk;
}

int show(const Invocation& invocation, const ShowOptions& options) {
  if (options.profiled < 0) {
    throw Error("--profile: give the number of rows, at least 1: --profile=20");
  }
  if (options.profiled > 0) return show_profile(invocation, options);
  if (options.ops < 0) throw Error("--ops: give the number of rows, at least 1: --ops=20");
  const std::size_t slash = options.run.rfind('/');
  if (slash != std::string::npos && !is_run(invocation, options.run)) {
    return show_case(invocation, options, slash);
  }
  const RunWithRecords data = load_run(invocation, options.run);
  if (options.ops > 0) {
    fmt::print("{}", op_table(data, static_cast<std::size_t>(options.ops)));
  } else {
    fmt::print("{}", options.lens.empty() ? run_table(data, qualities_beside(invocation, data))
                                          : lens_table(data, options.lens));
  }
  return kExitOk;
}

int export_to(const Invocation& invocation, const ShowOptions& options) {
  const std::string text = export_run(load_run(invocation, options.run), options.format);
  write_output(options.output, text);
  return kExitOk;
}

}  // namespace

void add_show_commands(CLI::App& app, Invocation& invocation) {
  const auto options = std::make_shared<ShowOptions>();
  const std::string run_help = "Run id (or its first characters), label, or 'latest'";

  CLI::App* show_command =
      add_command(app, invocation, "show", "Show a run as a table, or one case of it in full",
                  [&invocation, options] { return show(invocation, *options); });
  show_command
      ->add_option("RUN[/CASE]", options->run,
                   run_help + "; with a case of it by number or hash, that case in full")
      ->capture_default_str();
  show_command->add_flag("--ops{10}", options->ops,
                         "Show where the time of each case went: the ops that took the longest; "
                         "--ops=N for N of them");
  show_command->add_flag("--profile{10}", options->profiled,
                         "Show each op against its own roof: the ops that took the longest; "
                         "--profile=N for N of them");
  show_command->add_option("--lens", options->lens,
                           fmt::format("Token timings as another program would define them: {}",
                                       fmt::join(lens_names(), ", ")));

  CLI::App* export_command =
      add_command(app, invocation, "export", "Write a run as JSON, CSV or Markdown",
                  [&invocation, options] { return export_to(invocation, *options); });
  export_command->add_option("RUN", options->run, run_help)->capture_default_str();
  export_command
      ->add_option("--format", options->format,
                   fmt::format("{}", fmt::join(export_formats(), ", ")))
      ->capture_default_str();
  export_command->add_option("-o,--output", options->output,
                             "File to write (default: standard output)");
}

}  // namespace ridgepoint
