#include "results/exchange/markdown_export.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "results/exchange/json_text.h"
#include "results/report/case_tables.h"
#include "results/report/git_text.h"
#include "results/report/markdown_text.h"
#include "results/report/time_text.h"
#include "workloads/number_of.h"

namespace ridgepoint {
namespace {

std::string sentence(const RunWithRecords& data) {
  const Run& run = data.run;
  const auto ok = std::ranges::count(data.records, Outcome::ok, &Record::outcome);
  const std::size_t planned = std::max(data.planned.size(), data.records.size());
  std::string text = fmt::format("**{} of {} ok**", ok, number_of(planned, "case"));
  if (!run.suite.empty()) text += fmt::format(" of suite {}", markdown_escaped(run.suite));
  const std::string machine = machine_text(run.environment);
  if (!machine.empty()) text += fmt::format(" on {}", markdown_escaped(machine));
  text += fmt::format(": Ridgepoint {} run `{}`", markdown_escaped(run.tool_version),
                      run.id.substr(0, 8));
  if (!run.label.empty()) text += fmt::format(" \"{}\"", markdown_escaped(run.label));
  if (!run.git_commit.empty()) {
    text +=
        fmt::format(" at commit {}",
                    markdown_escaped(commit_text(run.git_commit, run.git_branch, run.git_dirty)));
  }
  return text + fmt::format(", {}.\n", time_text(run.started_unix_ns));
}

std::string pretty(const std::string& json) {
  const nlohmann::json parsed = parse_or_discard(json);
  return parsed.is_discarded()
             ? json
             : parsed.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// A fence longer than any run of backticks inside.
std::string fenced(const std::string& text) {
  std::string fence = "```";
  while (text.find(fence) != std::string::npos) fence += '`';
  return fmt::format("{}json\n{}\n{}\n", fence, text, fence);
}

}  // namespace

std::string run_to_markdown(const RunWithRecords& data) {
  std::string text = sentence(data);
  for (const CaseTable& table : case_tables(data)) {
    text += fmt::format("\n### {}\n", markdown_escaped(table.title));
    if (!table.common.empty()) text += fmt::format("{}\n", markdown_escaped(table.common));
    for (const auto* rows : {&table.fields, &table.speed, &table.cost, &table.beside}) {
      if (!rows->empty()) text += fmt::format("\n{}", pipe_table(*rows));
    }
    if (!table.notes.empty()) text += "\n";
    for (const std::string& note : table.notes)
      text += fmt::format("- {}\n", markdown_escaped(note));
  }
  if (!data.run.environment.empty()) {
    text += fmt::format("\n<details><summary>Environment</summary>\n\n{}\n</details>\n",
                        fenced(pretty(data.run.environment)));
  }
  return text;
}

}  // namespace ridgepoint
