// Energy that processor packages and memory took, where the kernel shows RAPL (power capping
// framework). Package-wide: whatever else ran is in it. Counters are small and wrap.
#pragma once

#include <string>
#include <vector>

#include "profiler/difference_probe.h"

namespace ridgepoint {

class RaplProbe : public DifferenceProbe {
 public:
  explicit RaplProbe(const std::string& folder = "/sys/class/powercap");
  [[nodiscard]] std::string_view name() const override { return "rapl"; }

 protected:
  [[nodiscard]] std::vector<ProbeValue> kinds() const override;
  [[nodiscard]] Reading<std::vector<double>> read() const override;
  [[nodiscard]] double wraps_at(std::size_t counter) const override;

 private:
  struct Zone {
    std::string path;
    double wraps_at_j = 0;
  };
  std::vector<Zone> packages_, memories_;
  std::string why_;
};

}  // namespace ridgepoint
