#include "harness/roofline/ceiling_text.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "profiler/machine/system_file.h"
#include "profiler/machine/topology.h"
#include "results/report/table.h"
#include "workloads/number_of.h"

namespace ridgepoint {
namespace {

using Table = std::vector<std::vector<std::string>>;

/// Caches come in powers of two.
std::string binary_size(std::int64_t bytes) {
  const double size = static_cast<double>(bytes);
  if (bytes < std::int64_t{1} << 20) return fmt::format("{:.4g} KiB", size / 1024);
  if (bytes < std::int64_t{1} << 30) return fmt::format("{:.4g} MiB", size / (1 << 20));
  return fmt::format("{:.4g} GiB", size / (1 << 30));
}

std::string count_text(int count) {
  return count > 0 ? std::to_string(count) : "";
}

std::string interval_text(const ceilings::Ceiling& ceiling) {
  return fmt::format("{} to {}", format_value(ceiling.estimate.low, ceiling.unit),
                     format_value(ceiling.estimate.high, ceiling.unit));
}

std::string remark(const ceilings::Ceiling& ceiling) {
  if (!ceiling.why_absent.empty()) return "absent: " + ceiling.why_absent;
  if (ceiling.kind == "compute" && ceiling.clock_hz > 0) {
    return fmt::format("{:.1f} a cycle and core",
                       ceiling.estimate.value / ceiling.clock_hz / ceiling.threads);
  }
  if (ceiling.to_bytes > 0) {
    return fmt::format("{} to {}{}{}", binary_size(ceiling.from_bytes),
                       binary_size(ceiling.to_bytes), ceiling.note.empty() ? "" : "; ",
                       ceiling.note);
  }
  return ceiling.note;
}

std::string section_of(const ceilings::Measured& measured, std::string_view kind,
                       std::string_view title) {
  const bool levels = kind == "bandwidth" || kind == "latency";
  std::vector<std::string> heading{"", "threads"};
  if (kind == "bandwidth") heading.emplace_back("streams");
  if (levels) heading.emplace_back("level");
  // A device's ceilings, and the clock, are medians over all samples.
  const bool of_rounds = measured.conditions.rounds > 0 && kind != "clock";
  heading.insert(heading.end(), {of_rounds ? "best round" : "median",
                                 of_rounds ? "middle round to the best one's end" : "95 % interval",
                                 levels ? "working set" : ""});
  Table rows{heading};
  for (const auto& ceiling : measured.ceilings) {
    if (ceiling.kind != kind) continue;
    const bool there = ceiling.why_absent.empty();
    std::vector<std::string> row{ceiling.what, count_text(ceiling.threads)};
    if (kind == "bandwidth") row.push_back(count_text(ceiling.streams));
    if (levels) row.push_back(ceiling.level);
    row.push_back(there ? format_value(ceiling.estimate.value, ceiling.unit) : "");
    row.push_back(there ? interval_text(ceiling) : "");
    row.push_back(remark(ceiling));
    rows.push_back(std::move(row));
  }
  return rows.size() < 2 ? "" : fmt::format("{}\n{}\n", title, align(rows));
}

std::string caches_text() {
  const auto topology = read_topology();
  if (!topology) return topology.why();
  std::string text;
  for (const auto& [name, bytes] : topology.value().cache_bytes) {
    if (name.ends_with('i')) continue;
    const auto count = topology.value().cache_count.at(name);
    text += fmt::format("{}{} {} x {}", text.empty() ? "" : ", ", name, count, binary_size(bytes));
  }
  return text.empty() ? "none" : text;
}

}  // namespace

std::string ceiling_text(const ceilings::Measured& measured) {
  std::string text = section_of(measured, "compute", "Arithmetic, operands in registers");
  text += section_of(measured, "bandwidth", "Memory bandwidth, useful bytes, by working set");
  text += section_of(measured, "latency", "Memory latency, by working set");
  text += section_of(measured, "clock", "Clock of the first core while it computed");
  const auto& conditions = measured.conditions;
  if (conditions.cpus.empty()) {
    return text + fmt::format("device: {}; working sets up to {}\nmeasured in {:.1f} s{}\n",
                              conditions.isa, binary_size(conditions.block_bytes),
                              conditions.seconds, measured.interrupted ? ", interrupted" : "");
  }
  text += fmt::format("bandwidth kernels: {}; CPUs {}{}\n", conditions.isa,
                      to_cpu_list(conditions.cpus),
                      conditions.pinned ? ", one thread pinned to each" : "; pinning was refused");
  if (!conditions.huge_bytes) {
    text += fmt::format("huge pages: {}\n", conditions.huge_bytes.why());
  } else {
    text += fmt::format("huge pages: {} of {}{}\n", binary_size(conditions.huge_bytes.value()),
                        binary_size(conditions.block_bytes),
                        conditions.huge_bytes.value() < conditions.block_bytes
                            ? "; the rest lies in small pages"
                            : "");
  }
  text += fmt::format("caches that the system shows, for comparison: {}\n", caches_text());
  text += conditions.tsc_hz ? fmt::format("time-stamp counter: {}\n",
                                          format_value(conditions.tsc_hz.value(), "Hz"))
                            : conditions.tsc_hz.why() + "\n";
  text += fmt::format("measured in {:.1f} s, the best of {}{}\n", conditions.seconds,
                      number_of(conditions.rounds, "round"),
                      measured.interrupted ? ", interrupted" : "");
  return text;
}

}  // namespace ridgepoint
