#include "harness/run/device_sampling.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <span>

#include "results/statistics/quantile.h"

namespace ridgepoint {
namespace {

/// Of more samples than this a summary is kept.
constexpr std::size_t kMostKeptClocks = 4096;

}  // namespace

void DeviceSampling::before_sample() {
  if (const auto hz = backend_.device_clock_hz()) clocks_hz_.push_back(*hz);
  if (cold_ == Cold::emptied) evicted_bytes_ = backend_.evict_device_cache();
}

const char* DeviceSampling::condition() const {
  return cold_ == Cold::rotated ? "rotate-gpu" : "cold-gpu";
}

std::string DeviceSampling::doubt(std::optional<double> counted_bytes, double needed_bytes) const {
  if (cold_ == Cold::no) return {};
  if (cold_ == Cold::emptied && evicted_bytes_ == 0) {
    return "cold-gpu could not be brought about: the size of the device's cache is not known";
  }
  if (!counted_bytes || needed_bytes <= 0) return {};
  if (*counted_bytes >= kLeastCountedShare * needed_bytes) return {};
  return fmt::format(
      "{} did not hold: of the {:.0f} bytes that a pass needs {:.0f} were counted at the device's "
      "memory, so some lay in a cache",
      condition(), needed_bytes, *counted_bytes);
}

std::string DeviceSampling::doubt_of_times() const {
  const auto times = backend_.event_times();
  if (!times || times->runs == 0) return {};
  if (times->beyond_ns > kMostBeyond_ns) {
    return fmt::format(
        "events of the device were up to {} ns further apart than the host's clock leaves room for",
        times->beyond_ns);
  }
  const auto least = kLeastTimedShare * static_cast<double>(times->host_ns) -
                     static_cast<double>(kUntimed_ns * times->runs);
  if (static_cast<double>(times->device_ns) >= least) return {};
  return fmt::format(
      "events of the device account for {} of the {} ns that the host waited: it did something "
      "else, "
      "too",
      times->device_ns, times->host_ns);
}

nlohmann::json DeviceSampling::times_json() const {
  const auto times = backend_.event_times();
  if (!times || times->runs == 0) return {{"absent", "nothing was timed by events of the device"}};
  return {{"runs", times->runs},
          {"events_ns", times->device_ns},
          {"host_ns", times->host_ns},
          {"difference_ns", times->host_ns - times->device_ns},
          {"beyond_ns", times->beyond_ns},
          {"queued_runs", times->queued},
          {"bounds",
           {{"beyond_ns", kMostBeyond_ns},
            {"least_share", kLeastTimedShare},
            {"untimed_ns_a_run", kUntimed_ns}}}};
}

nlohmann::json DeviceSampling::clock_json() const {
  if (clocks_hz_.empty()) return {{"absent", "the device's clock was not read"}};
  const auto [least, most] = std::ranges::minmax(clocks_hz_);
  nlohmann::json json{{"median_hz", median(std::span<const double>(clocks_hz_))},
                      {"least_hz", least},
                      {"most_hz", most},
                      {"samples", clocks_hz_.size()}};
  if (clocks_hz_.size() <= kMostKeptClocks) {
    std::vector<std::int64_t> mhz;
    for (const double hz : clocks_hz_) mhz.push_back(std::llround(hz / 1e6));
    json["mhz"] = std::move(mhz);
  }
  return json;
}

nlohmann::json DeviceSampling::memory_json() const {
  const auto memory = backend_.device_memory();
  if (!memory) return {{"absent", "the backend does not say what it holds of the device's memory"}};
  nlohmann::json json{{"pool_bytes", memory->pool_bytes},
                      {"pool_peak_bytes", memory->pool_peak_bytes},
                      {"peak",
                       {{"weights_bytes", memory->peak.weights_bytes},
                        {"kv_bytes", memory->peak.kv_bytes},
                        {"activations_bytes", memory->peak.activations_bytes},
                        {"scratch_bytes", memory->peak.scratch_bytes},
                        {"library_bytes", memory->library_peak_bytes}}}};
  if (memory->library_bytes > 0) json["library_bytes"] = memory->library_bytes;
  if (memory->driver_total_bytes > 0) {
    json["driver_used_bytes"] = memory->driver_used_bytes;
    json["driver_total_bytes"] = memory->driver_total_bytes;
  }
  return json;
}

nlohmann::json DeviceSampling::cache_json(std::optional<double> counted_bytes,
                                          double needed_bytes) const {
  nlohmann::json json{{"condition", condition()}};
  if (cold_ == Cold::rotated) {
    json["turns"] = turns_;
    json["device_cache_bytes"] = backend_.device_cache_bytes();
  } else {
    json["evicted_bytes"] = evicted_bytes_;
  }
  if (counted_bytes && needed_bytes > 0) {
    json["counted_over_needed"] = *counted_bytes / needed_bytes;
  } else {
    json["not_proved"] = "no bytes of the device's memory were counted";
  }
  return json;
}

}  // namespace ridgepoint
