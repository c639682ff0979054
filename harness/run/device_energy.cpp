#include "harness/run/device_energy.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>
#include <vector>

#include "profiler/clock/monotonic_clock.h"
#include "results/statistics/quantile.h"

namespace ridgepoint {

nlohmann::json measure_energy(Probe& probe, const EnergyPhase& phase, const EnergyWindows& windows,
                              const std::atomic<bool>& stop) {
  if (const std::string why = probe.why_absent(); !why.empty()) return {{"absent", why}};
  if (phase.tokens_a_pass < 1) return {{"absent", "a pass has no tokens"}};
  nlohmann::json json{{"windows", nlohmann::json::array()}};
  std::vector<double> each;
  for (int window = 0; window < windows.count; ++window) {
    if (stop.load()) return {{"absent", "stopped"}};
    phase.before_window();
    probe.start();
    const std::int64_t begin_ns = monotonic_ns();
    std::int64_t passes = 0;
    while (monotonic_ns() - begin_ns < windows.window_ns || passes == 0) {
      if (stop.load() || !phase.pass()) return {{"absent", "stopped"}};
      ++passes;
    }
    const std::int64_t took_ns = monotonic_ns() - begin_ns;
    const auto values = probe.stop();
    const auto energy = std::ranges::find(values, "gpu_energy", &ProbeValue::name);
    if (energy == values.end() || !energy->value) {
      return {{"absent", energy == values.end() ? "the probe counts no energy of a GPU"
                                                : energy->value.why()}};
    }
    each.push_back(energy->value.value() / static_cast<double>(passes * phase.tokens_a_pass));
    json["windows"].push_back(
        {{"seconds", static_cast<double>(took_ns) / 1e9},
         {"joules", energy->value.value()},
         {"watts", energy->value.value() / (static_cast<double>(took_ns) / 1e9)},
         {"passes", passes}});
  }
  json["joules_per_token"] = median(std::span<const double>(each));
  json["note"] = "of the whole GPU, whatever ran on it";
  return json;
}

std::optional<double> joules_per_token(const nlohmann::json& energy) {
  const auto found = energy.find("joules_per_token");
  if (found == energy.end() || !found->is_number()) return std::nullopt;
  return found->get<double>();
}

}  // namespace ridgepoint
