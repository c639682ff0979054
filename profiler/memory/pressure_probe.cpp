#include "profiler/memory/pressure_probe.h"

#include <utility>

#include "profiler/machine/system_file.h"

namespace ridgepoint {
namespace {

/// File, kind of stall and name of the value. A CPU is never waited for by all tasks at once.
struct Stall {
  const char* file;
  const char* kind;
  const char* name;
};
constexpr Stall kStalls[] = {{"cpu", "some", "cpu_some"},
                             {"memory", "some", "memory_some"},
                             {"memory", "full", "memory_full"},
                             {"io", "some", "io_some"},
                             {"io", "full", "io_full"}};

}  // namespace

Reading<double> pressure_total_us(std::string_view text, std::string_view kind) {
  for (const std::string_view line : split_lines(text)) {
    const auto words = split_words(line);
    if (words.empty() || words.front() != kind) continue;
    for (const std::string_view word : words) {
      if (!word.starts_with("total=")) continue;
      if (const auto total = parse_integer(word.substr(6)); total && *total >= 0) {
        return Reading<double>::of(static_cast<double>(*total));
      }
    }
  }
  return Reading<double>::absent("no line of it has a total");
}

std::vector<ProbeValue> PressureProbe::kinds() const {
  std::vector<ProbeValue> values;
  for (const Stall& stall : kStalls) {
    values.push_back({.name = stall.name, .unit = "ns", .note = "of the whole machine"});
  }
  return values;
}

Reading<std::vector<double>> PressureProbe::read() const {
  std::vector<double> totals;
  for (const Stall& stall : kStalls) {
    const std::string path = folder_ + "/" + stall.file;
    const auto text = read_system_file(path);
    if (!text) {
      return Reading<std::vector<double>>::absent(
          text.why() + " (the kernel needs CONFIG_PSI, and not psi=0 on its command line)");
    }
    const auto total = pressure_total_us(text.value(), stall.kind);
    if (!total) return Reading<std::vector<double>>::absent(path + ": " + total.why());
    totals.push_back(1000 * total.value());
  }
  return Reading<std::vector<double>>::of(std::move(totals));
}

}  // namespace ridgepoint
