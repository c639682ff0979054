// What happens around samples on a device of its own, and its energy, without one.
#include "harness/run/device_sampling.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "backends/registry.h"
#include "harness/run/device_conditions.h"
#include "harness/run/device_energy.h"
#include "harness/run/prepared_op.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;

const std::string kFakeNvml = std::string(RIDGEPOINT_BINARY_DIR) + "/tests/libfake_nvml.so";

/// A backend with a clock and a cache that only count.
class BackendWithDevice : public Backend {
 public:
  explicit BackendWithDevice(std::int64_t evicts) : evicts_(evicts) {}
  [[nodiscard]] BackendDescription describe() const override { return {"fake", "1", "fake"}; }
  [[nodiscard]] Support supports(const Graph&) const override { return Support::yes(); }
  [[nodiscard]] std::shared_ptr<Cache> make_cache(const Graph&) const override { return nullptr; }
  [[nodiscard]] std::unique_ptr<Execution> prepare(const Graph&, const WeightMap&,
                                                   const PrepareOptions&) const override {
    return nullptr;
  }
  [[nodiscard]] std::optional<int> cuda_device() const override { return 0; }
  [[nodiscard]] std::optional<double> device_clock_hz() const override {
    return 1.0e9 + 1e8 * static_cast<double>(clocks_++ % 3);
  }
  [[nodiscard]] std::int64_t evict_device_cache() const override {
    ++evictions_;
    return evicts_;
  }
  [[nodiscard]] std::optional<DeviceMemory> device_memory() const override { return memory; }
  [[nodiscard]] std::string cuda_bus_id() const override { return bus_id; }
  [[nodiscard]] std::optional<EventTimes> event_times() const override { return times; }
  std::optional<DeviceMemory> memory;
  std::string bus_id;
  EventTimes times;

  [[nodiscard]] int evictions() const { return evictions_; }

 private:
  std::int64_t evicts_;
  mutable int clocks_ = 0, evictions_ = 0;
};

TEST(DeviceSampling, KeepsTheClockOfEachSample) {
  const BackendWithDevice backend(100);
  DeviceSampling device(backend, DeviceSampling::Cold::no);
  EXPECT_TRUE(device.wanted());
  for (int i = 0; i < 3; ++i) device.before_sample();
  const auto json = device.clock_json();
  EXPECT_EQ(json.at("samples"), 3);
  EXPECT_EQ(json.at("mhz"), nlohmann::json::array({1000, 1100, 1200}));
  EXPECT_EQ(json.at("least_hz"), 1.0e9);
  EXPECT_TRUE(device.doubt(std::nullopt, 1000).empty());  // nothing was claimed
}

TEST(DeviceSampling, SaysWhatIsHeldOfTheDevicesMemoryAsFarAsItIsKnown) {
  BackendWithDevice backend(100);
  const DeviceSampling device(backend, DeviceSampling::Cold::no);
  EXPECT_TRUE(device.memory_json().contains("absent"));
  backend.memory.emplace();
  backend.memory->peak.kv_bytes = 7;
  backend.memory->pool_bytes = 64;
  backend.memory->pool_peak_bytes = 128;
  auto json = device.memory_json();
  EXPECT_EQ(json.at("pool_bytes"), 64);
  EXPECT_EQ(json.at("pool_peak_bytes"), 128);
  EXPECT_EQ(json.at("peak").at("kv_bytes"), 7);
  EXPECT_FALSE(json.contains("driver_total_bytes")) << "nobody said";
  backend.memory->driver_used_bytes = 300;
  backend.memory->driver_total_bytes = 1000;
  json = device.memory_json();
  EXPECT_EQ(json.at("driver_used_bytes"), 300);
  EXPECT_EQ(json.at("driver_total_bytes"), 1000);
}

TEST(DeviceSampling, TrustsAColdCacheAsFarAsCountedBytesSay) {
  const BackendWithDevice backend(300);
  DeviceSampling device(backend, DeviceSampling::Cold::emptied);
  device.before_sample();
  EXPECT_EQ(device.doubt(1000.0, 1000), "");
  EXPECT_THAT(device.doubt(500.0, 1000), HasSubstr("cold-gpu did not hold"));
  EXPECT_EQ(device.doubt(std::nullopt, 1000), "");
  EXPECT_TRUE(device.cache_json(std::nullopt, 1000).contains("not_proved"));
  EXPECT_EQ(device.cache_json(1100.0, 1000).at("counted_over_needed"), 1.1);
  EXPECT_EQ(device.cache_json(1100.0, 1000).at("evicted_bytes"), 300);
}

TEST(DeviceSampling, DoubtsACacheOfUnknownSize) {
  const BackendWithDevice backend(0);
  DeviceSampling device(backend, DeviceSampling::Cold::emptied);
  device.before_sample();
  EXPECT_THAT(device.doubt(std::nullopt, 1000), HasSubstr("not known"));
}

TEST(DeviceSampling, EmptiesNothingWhereTurnsDoAndTrustsThemAsFar) {
  const BackendWithDevice backend(300);
  DeviceSampling device(backend, DeviceSampling::Cold::rotated, 7);
  device.before_sample();
  EXPECT_EQ(backend.evictions(), 0);
  EXPECT_EQ(device.doubt(1000.0, 1000), "");
  EXPECT_THAT(device.doubt(500.0, 1000), HasSubstr("rotate-gpu did not hold"));
  const auto json = device.cache_json(500.0, 1000);
  EXPECT_EQ(json.at("condition"), "rotate-gpu");
  EXPECT_EQ(json.at("turns"), 7);
  EXPECT_EQ(json.at("counted_over_needed"), 0.5);
}

TEST(Turns, TouchMoreThanTwiceTheCacheBetweenTwoOfOne) {
  for (const std::int64_t pass : {1'000, 50'000, 99'999, 100'000, 100'001, 400'000}) {
    const std::int64_t turns = turns_for(50'000, pass);
    EXPECT_GT((turns - 1) * pass, 2 * 50'000) << pass;
    EXPECT_LE((turns - 2) * pass, 2 * 50'000) << pass;
  }
  EXPECT_EQ(turns_for(0, 100), 0);
  EXPECT_EQ(turns_for(100, 0), 0);
  EXPECT_EQ(turns_for(50'000'000, 100), 0) << "too many";
}

TEST(DeviceSampling, IsNotWantedOnAProcessor) {
  const auto backend = open_backend("reference");
  const DeviceSampling device(*backend, DeviceSampling::Cold::no);
  EXPECT_FALSE(device.wanted());
}

/// Two joules between start and stop.
class TwoJoules : public Probe {
 public:
  [[nodiscard]] std::string_view name() const override { return "two"; }
  [[nodiscard]] std::string why_absent() const override { return why; }
  void start() override { is_watching = true; }
  std::vector<ProbeValue> stop() override {
    is_watching = false;
    return {{.name = "gpu_energy", .unit = "J", .value = Reading<double>::of(2)}};
  }
  std::string why;
  bool is_watching = false;
};

TEST(DeviceEnergy, IsOfAllTokensOfAWindowAndOfNothingThatComesBefore) {
  TwoJoules probe;
  const std::atomic<bool> never{false};
  int passes = 0, made_ready = 0;
  const auto energy = measure_energy(probe,
                                     {.before_window =
                                          [&] {
                                            EXPECT_FALSE(probe.is_watching);
                                            ++made_ready;
                                          },
                                      .pass =
                                          [&] {
                                            EXPECT_TRUE(probe.is_watching);
                                            ++passes;
                                            return true;
                                          },
                                      .tokens_a_pass = 4},
                                     {.count = 2, .window_ns = 0}, never);
  EXPECT_EQ(passes, 2);
  EXPECT_EQ(made_ready, 2);
  EXPECT_EQ(joules_per_token(energy), 0.5);
  EXPECT_EQ(energy.at("windows").size(), 2U);
}

TEST(DeviceEnergy, IsAbsentWithAReason) {
  TwoJoules probe;
  const std::atomic<bool> never{false}, stopped{true};
  const auto phase = [](std::int64_t tokens, bool completes) {
    return EnergyPhase{
        .before_window = [] {}, .pass = [completes] { return completes; }, .tokens_a_pass = tokens};
  };
  EXPECT_EQ(measure_energy(probe, phase(0, true), {}, never).at("absent"), "a pass has no tokens");
  EXPECT_EQ(measure_energy(probe, phase(1, true), {}, stopped).at("absent"), "stopped");
  EXPECT_EQ(measure_energy(probe, phase(1, false), {}, never).at("absent"), "stopped");
  probe.why = "no driver";
  const auto energy = measure_energy(probe, phase(1, true), {}, never);
  EXPECT_EQ(energy.at("absent"), "no driver");
  EXPECT_EQ(joules_per_token(energy), std::nullopt);
}

TEST(DeviceConditions, AreThoseOfTheDeviceThatComputes) {
  BackendWithDevice backend(100);
  backend.bus_id = "0000:0A:00.0";
  DeviceConditions conditions(backend, kFakeNvml);
  conditions.before_samples();
  conditions.before_sample();  // too soon after
  const auto json = conditions.finish();
  EXPECT_EQ(json.at("readings"), 2);
  EXPECT_EQ(json.at("slowed_down"), 2);
  EXPECT_EQ(json.at("reasons"), "power limit, temperature (software)");
  EXPECT_EQ(json.at("/before/temperature_c"_json_pointer), 61.0);
  EXPECT_EQ(json.at("/after/throttling"_json_pointer), "power limit, temperature (software)");
  backend.bus_id = "0000:0B:00.0";  // which this NVML does not have
  EXPECT_THAT(DeviceConditions(backend, kFakeNvml).finish().at("absent").get<std::string>(),
              HasSubstr("0000:0B:00.0"));
  const auto processor = open_backend("reference");
  EXPECT_TRUE(DeviceConditions(*processor, kFakeNvml).finish().is_null());
}

TEST(DeviceTimes, AreHeldAgainstTheHostsClock) {
  BackendWithDevice backend(100);
  const DeviceSampling device(backend, DeviceSampling::Cold::no);
  EXPECT_EQ(device.doubt_of_times(), "") << "nothing was timed";
  EXPECT_TRUE(device.times_json().contains("absent"));
  backend.times.add(50'000, 80'000, true);
  EXPECT_EQ(device.doubt_of_times(), "") << "launches and waiting take their part";
  EXPECT_EQ(device.times_json().at("difference_ns"), 30'000);
  EXPECT_EQ(device.times_json().at("queued_runs"), 1);
  backend.times.add(10'011'000, 10'000'000, true);
  EXPECT_EQ(device.doubt_of_times(), "") << "clocks may be a thousandth apart, and events 2 us";
  backend.times.add(13'000, 10'000, true);
  EXPECT_THAT(device.doubt_of_times(), HasSubstr("2990 ns further apart"));
  backend.times = {};
  backend.times.add(5'000'000, 10'000'000, false);
  EXPECT_THAT(device.doubt_of_times(), HasSubstr("account for 5000000 of the 10000000 ns"));
}

}  // namespace
}  // namespace ridgepoint
