// What a GPU's hardware counters are asked for: from what is wanted to a configuration for one chip
// and the number of times that the same work has to be run for it. CUPTI's host library does that
// without a GPU, so that it is tested anywhere; it is opened at run time.
//
// A wish has several names, because chips call their counters differently, and is left out with the
// reason where a chip has none of them. One name that a chip does not have would fail all the rest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "profiler/reading.h"

namespace ridgepoint {

struct MetricWish {
  std::string meaning;             ///< "dram_read_bytes"
  std::vector<std::string> names;  ///< tried in this order
  double factor = 1;               ///< from the counter's unit to the meaning's: 32 bytes a sector
};

/// For an op's place under the roofs: bytes of DRAM and L2, tensor pipes, cycles and time. One pass
/// on the chips that they were tried for.
std::span<const MetricWish> roofline_metrics();
/// Operations by tensor cores of one type of inputs and by CUDA cores: several passes.
std::span<const MetricWish> operation_metrics();

/// For what happens over time: bytes of DRAM and activity of tensor pipes; one pass, as sampling
/// asks.
std::span<const MetricWish> sampled_metrics();

/// How counters are read: around ranges, or every so often.
enum class CounterUse : std::uint8_t { ranges, sampling };

struct ScheduledMetric {
  std::string meaning, name;
  double factor = 1;
};

struct MetricSchedule {
  std::string chip;
  std::vector<ScheduledMetric> metrics;
  std::vector<std::string> left_out;  ///< "meaning: why", one line each
  std::vector<std::uint8_t> config;   ///< for cuptiRangeProfilerSetConfig
  std::size_t passes = 0;
};

inline constexpr std::string_view kCuptiLibrary = "libcupti.so.13";

/// Names of the chips that this CUPTI knows ("GH100").
Reading<std::vector<std::string>> known_chips(
    const std::string& library = std::string(kCuptiLibrary));
/// Absent for a chip that CUPTI does not know, and where there is no CUPTI or none was compiled
/// for. `available` is what CUPTI says of the counters of a device at hand; empty: of any.
Reading<MetricSchedule> schedule_metrics(const std::string& chip,
                                         std::span<const MetricWish> wishes,
                                         const std::string& library = std::string(kCuptiLibrary),
                                         std::span<const std::uint8_t> available = {},
                                         CounterUse use = CounterUse::ranges);

}  // namespace ridgepoint
