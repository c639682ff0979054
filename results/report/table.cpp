#include "results/report/table.h"

#include <fmt/format.h>

#include <algorithm>

#include "results/report/case_tables.h"
#include "results/report/git_text.h"
#include "results/report/text_layout.h"
#include "results/report/time_text.h"

namespace ridgepoint {
namespace {

/// Breaks at ", " so that no line is wider than the table may be.
std::string wrapped(const std::string& text, std::string_view indent) {
  std::string result;
  std::string line;
  std::size_t from = 0;
  while (from < text.size()) {
    std::size_t to = text.find(", ", from);
    to = to == std::string::npos ? text.size() : to + 2;
    const std::string part = text.substr(from, to - from);
    if (!line.empty() && indent.size() + text_width(line) + text_width(part) > kReportWidth + 1) {
      result += fmt::format("{}{}\n", indent, line.substr(0, line.size() - 1));
      line.clear();
    }
    line += part;
    from = to;
  }
  return result + fmt::format("{}{}\n", indent, line);
}

}  // namespace

std::string align(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], text_width(row[i]));
  }
  std::vector<bool> right(widths.size());
  for (std::size_t i = 0; i < widths.size(); ++i) right[i] = is_numeric_column(rows, i);
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string padding(widths[i] - text_width(row[i]), ' ');
      if (i > 0) line += "  ";
      if (right[i]) line += padding;
      line += row[i];
      if (!right[i]) line += padding;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string run_table(const RunWithRecords& data, std::span<const Record> qualities) {
  std::string text;
  for (const std::string& line : run_head(data)) text += line + "\n";
  for (const CaseTable& table : case_tables(data, qualities)) {
    text += fmt::format("\n{}\n", table.title);
    if (!table.common.empty()) text += wrapped(table.common, "");
    for (const auto* rows : {&table.fields, &table.speed, &table.cost, &table.beside}) {
      if (!rows->empty()) text += fmt::format("\n{}", align(*rows));
    }
    if (!table.notes.empty()) text += "\n";
    for (const std::string& note : table.notes) text += note + "\n";
  }
  return text;
}

namespace {

/// Of an imported run, the program that it is from.
std::string suite_or_program(const Run& run) {
  constexpr std::string_view kImporting = "importing ";
  if (run.suite != "imported" || !run.tool_version.starts_with(kImporting)) return run.suite;
  return run.tool_version.substr(kImporting.size());
}

/// As much of a note as a table has room for.
std::string beginning_of(const std::string& note) {
  constexpr std::size_t kMost = 40;
  std::string line;
  for (const char c : note.substr(0, std::min(note.find('\n'), note.size()))) {
    line += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  }
  if (text_width(line) <= kMost) return line.size() < note.size() ? line + " ..." : line;
  std::size_t end = line.size();
  while (text_width(std::string_view(line).substr(0, end)) > kMost - 4) --end;
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0U) == 0x80U) --end;
  return line.substr(0, end) + " ...";
}

}  // namespace

std::string runs_table(const std::vector<RunSummary>& runs) {
  if (runs.empty()) return "No runs yet.\n";
  std::vector<std::vector<std::string>> rows = {
      {"run", "started", "suite", "label", "status", "cases", "ok", "widest ±", "git"}};
  const auto tags_of = [](const Run& run) {
    return fmt::format("{}", fmt::join(run.marks.tag_names(), " "));
  };
  const auto note_of = [](const Run& run) { return beginning_of(run.marks.note); };
  // Most people mark nothing, and a terminal is narrow.
  const bool tagged = std::ranges::any_of(
      runs, [&](const RunSummary& summary) { return !tags_of(summary.run).empty(); });
  const bool noted = std::ranges::any_of(
      runs, [](const RunSummary& summary) { return !summary.run.marks.note.empty(); });
  if (tagged) rows.front().emplace_back("tags");
  if (noted) rows.front().emplace_back("note");
  for (const RunSummary& summary : runs) {
    const Run& run = summary.run;
    rows.push_back({run.id.substr(0, 8), time_text(run.started_unix_ns), suite_or_program(run),
                    run.label, run.status,
                    fmt::format("{} of {}", summary.recorded, summary.planned),
                    fmt::format("{}", summary.succeeded),
                    summary.widest_percent ? format_value(*summary.widest_percent, "%") : "",
                    commit_text(run.git_commit, "", run.git_dirty)});
    if (tagged) rows.back().push_back(tags_of(run));
    if (noted) rows.back().push_back(note_of(run));
  }
  return align(rows);
}

}  // namespace ridgepoint
