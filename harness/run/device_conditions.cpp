#include "harness/run/device_conditions.h"

#include <nlohmann/json.hpp>

#include "profiler/clock/monotonic_clock.h"

namespace ridgepoint {
namespace {

using ConditionJson = nlohmann::json;

ConditionJson json_of_reading(const Reading<double>& reading) {
  if (reading) return reading.value();
  return {{"absent", reading.why()}};
}

ConditionJson gpu_now(const NvmlProbe& probe) {
  const Reading<std::uint64_t> mask = probe.throttling();
  return {{"throttling", mask ? ConditionJson(throttle_reasons(mask.value()))
                              : ConditionJson{{"absent", mask.why()}}},
          {"clock_hz", json_of_reading(probe.clock_hz())},
          {"power_w", json_of_reading(probe.power_w())},
          {"temperature_c", json_of_reading(probe.temperature_c())}};
}

}  // namespace

DeviceConditions::DeviceConditions(const Backend& backend, const std::string& library) {
  if (backend.cuda_device()) probe_.emplace(library, backend.cuda_bus_id());
}

void DeviceConditions::note_throttling() {
  last_ns_ = monotonic_ns();
  const Reading<std::uint64_t> mask = probe_->throttling();
  if (!mask) return;
  ++readings_;
  reasons_ |= mask.value();
  slowed_down_ += is_slowed_down(mask.value()) ? 1 : 0;
}

void DeviceConditions::before_samples() {
  if (!probe_ || !probe_->why_absent().empty()) return;
  before_ = gpu_now(*probe_).dump();
  note_throttling();
}

void DeviceConditions::before_sample() {
  if (!probe_ || !probe_->why_absent().empty()) return;
  if (monotonic_ns() - last_ns_ >= kShortestGap_ns) note_throttling();
}

nlohmann::json DeviceConditions::finish() {
  if (!probe_) return nullptr;
  if (!probe_->why_absent().empty()) return {{"absent", probe_->why_absent()}};
  note_throttling();
  ConditionJson json{{"after", gpu_now(*probe_)},
                     {"readings", readings_},
                     {"slowed_down", slowed_down_},
                     {"reasons", throttle_reasons(reasons_)}};
  if (!before_.empty()) json["before"] = ConditionJson::parse(before_);
  return json;
}

}  // namespace ridgepoint
