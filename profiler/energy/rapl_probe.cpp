#include "profiler/energy/rapl_probe.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "profiler/machine/system_file.h"

namespace ridgepoint {
namespace {

constexpr double kMicro = 1e-6;

Reading<double> read_joules(const std::string& path) {
  const auto text = read_system_file(path);
  if (!text) return Reading<double>::absent(text.why());
  const auto value = parse_integer(text.value());
  if (!value || *value < 0) return Reading<double>::absent(path + ": it holds no energy");
  return Reading<double>::of(kMicro * static_cast<double>(*value));
}

}  // namespace

RaplProbe::RaplProbe(const std::string& folder) {
  std::error_code error;
  std::vector<std::filesystem::path> zones;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().filename().string().starts_with("intel-rapl:")) zones.push_back(entry.path());
  }
  std::ranges::sort(zones);
  for (const auto& zone : zones) {
    const auto kind = read_system_file((zone / "name").string());
    if (!kind) continue;
    const std::string_view name = trim(kind.value());
    const auto range = read_joules((zone / "max_energy_range_uj").string());
    const Zone found{(zone / "energy_uj").string(), range.value_or(0)};
    if (name.starts_with("package")) packages_.push_back(found);
    if (name == "dram") memories_.push_back(found);
  }
  if (packages_.empty()) {
    why_ = folder +
           ": the kernel shows no RAPL package there, as in most virtual machines (a host needs "
           "the module intel_rapl_msr)";
  }
}

std::vector<ProbeValue> RaplProbe::kinds() const {
  return {{.name = "package_energy", .unit = "J", .note = "of all packages, whatever ran on them"},
          {.name = "memory_energy",
           .unit = "J",
           .note = memories_.empty() && !packages_.empty() ? "no zone of its own: 0 means unknown"
                                                           : ""}};
}

Reading<std::vector<double>> RaplProbe::read() const {
  if (!why_.empty()) return Reading<std::vector<double>>::absent(why_);
  std::vector<double> sums;
  for (const auto* zones : {&packages_, &memories_}) {
    double sum = 0;
    for (const Zone& zone : *zones) {
      const auto joules = read_joules(zone.path);
      if (!joules) {
        return Reading<std::vector<double>>::absent(joules.why() +
                                                    " (since Linux 5.10 only root may read it)");
      }
      sum += joules.value();
    }
    sums.push_back(sum);
  }
  return Reading<std::vector<double>>::of(std::move(sums));
}

double RaplProbe::wraps_at(std::size_t counter) const {
  // With several packages the sum says not which of them wrapped; they are alike.
  const auto& zones = counter == 0 ? packages_ : memories_;
  return zones.empty() ? 0 : zones.front().wraps_at_j;
}

}  // namespace ridgepoint
