#include "results/report/op_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "results/op_family.h"
#include "results/report/table.h"

namespace ridgepoint {
namespace {

/// The ops of one family, or those that a table has no room for.
struct Group {
  std::string name;
  std::string op;
  std::size_t count = 0;
  double time_ns = 0;
  double work_flops = 0;
  double work_bytes = 0;

  void add(const OpTime& row) {
    count += 1;
    time_ns += static_cast<double>(row.time_ns);
    work_flops += row.work_flops;
    work_bytes += row.work_bytes;
  }
  void add(const Group& other) {
    count += other.count;
    time_ns += other.time_ns;
    work_flops += other.work_flops;
    work_bytes += other.work_bytes;
  }
};

/// By time, the longest first; ties in the order of the graph.
std::vector<Group> grouped(std::span<const OpTime> rows) {
  std::vector<Group> groups;
  for (const OpTime& row : rows) {
    std::string family = op_family(row.op_id);
    auto found = std::ranges::find_if(
        groups, [&](const Group& each) { return each.name == family && each.op == row.op; });
    if (found == groups.end()) {
      groups.push_back({.name = std::move(family), .op = row.op});
      found = std::prev(groups.end());
    }
    found->add(row);
  }
  std::ranges::stable_sort(groups, std::ranges::greater(), &Group::time_ns);
  return groups;
}

std::string rate(double work, double time_ns, std::string_view unit) {
  return work > 0 && time_ns > 0 ? format_value(work * 1e9 / time_ns, unit) : std::string();
}

std::vector<std::string> cells(const Group& group, double pass_ns) {
  return {group.name,
          group.op,
          fmt::format("{}", group.count),
          format_value(group.time_ns, "ns"),
          pass_ns > 0 ? fmt::format("{:.1f} %", 100 * group.time_ns / pass_ns) : std::string(),
          rate(group.work_flops, group.time_ns, "FLOP/s"),
          rate(group.work_bytes, group.time_ns, "bytes/s")};
}

std::string phase_table(std::span<const OpTime> rows, std::size_t most) {
  double pass_ns = 0;
  std::vector<OpTime> ops;
  std::optional<OpTime> rest;
  for (const OpTime& row : rows) {
    pass_ns += static_cast<double>(row.time_ns);
    if (row.op_id.empty()) {
      rest = row;
    } else {
      ops.push_back(row);
    }
  }
  std::vector<std::vector<std::string>> table = {
      {"op", "operator", "n", "time", "share", "FLOP/s", "bytes/s"}};
  const std::vector<Group> groups = grouped(ops);
  Group others;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (i < most) {
      table.push_back(cells(groups[i], pass_ns));
    } else {
      others.add(groups[i]);
    }
  }
  if (others.count > 0) {
    others.name = fmt::format("(others: {})", groups.size() - most);
    table.push_back(cells(others, pass_ns));
  }
  if (rest) {
    Group last{.name = std::string(kNotAttributed), .op = {}};
    last.add(*rest);
    auto row = cells(last, pass_ns);
    row[2].clear();
    table.push_back(std::move(row));
  }
  return fmt::format("\n{}: {} a pass (median of {})\n{}", rows.front().phase,
                     format_value(pass_ns, "ns"), rows.front().passes, align(table));
}

/// Why a case has none, as its details have it: they may hold anything.
std::string why_absent(const Record& record) {
  if (record.subject.workload == "imported") return std::string(kImportsHaveNoOps);
  const auto details = nlohmann::json::parse(record.details, nullptr, /*allow_exceptions=*/false);
  const auto found = details.is_object() ? details.find("op_times") : details.end();
  if (found == details.end() || !found->is_object()) return "not traced";
  const auto why = found->find("absent");
  return why != found->end() && why->is_string() ? why->get<std::string>() : "not traced";
}

}  // namespace

std::string op_table(const RunWithRecords& data, std::size_t most) {
  std::string text;
  for (const Record& record : data.records) {
    const std::span<const OpTime> rows = record.measurement.op_times;
    text += fmt::format("\n{}  {}\n", record.ordinal, label(record.subject));
    if (rows.empty()) {
      text += fmt::format("no times of ops: {}\n", why_absent(record));
      continue;
    }
    if (const auto found = record.measurement.metrics.find("trace_overhead");
        found != record.measurement.metrics.end()) {
      text += fmt::format("a traced pass takes {:.3f} times an untraced one\n", found->second);
    }
    for (std::size_t from = 0; from < rows.size();) {
      std::size_t to = from;
      while (to < rows.size() && rows[to].phase == rows[from].phase) ++to;
      text += phase_table(rows.subspan(from, to - from), most);
      from = to;
    }
  }
  return text;
}

}  // namespace ridgepoint
