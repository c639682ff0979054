// The condition cold-cpu: before each sample all data of this process leaves the CPU's caches, and
// a probe of the data that the case reads says whether it did. The claim is proved when the probed
// lines take at least kLeastRatio times as long to read right after the eviction as directly after
// that: data that was still in a first or second level cache would not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "profiler/memory/cache_state.h"

namespace ridgepoint {

class CpuCacheEviction {
 public:
  static constexpr double kLeastRatio = 8;

  /// `probed` is what the case reads (and `probed_name` says in words), which must outlive this.
  CpuCacheEviction(std::vector<std::span<const std::byte>> probed, std::string probed_name,
                   std::uint64_t seed);

  /// Untimed part of each sample.
  void before_sample();

  /// Empty when proved, else why not.
  [[nodiscard]] std::string doubt() const;
  [[nodiscard]] std::string to_json() const;

 private:
  std::vector<std::span<const std::byte>> probed_;
  std::string probed_name_;
  LineProbe probe_;
  std::int64_t samples_ = 0;
  std::int64_t lines_ = 0;   ///< flushed before the last sample
  std::string why_not_all_;  ///< why not all of the process could be evicted
  std::string failure_;
  std::vector<double> cold_ns_, warm_ns_;
};

}  // namespace ridgepoint
