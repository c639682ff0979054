// Page faults and context switches of this process, as the kernel counts them.
#pragma once

#include "profiler/difference_probe.h"

namespace ridgepoint {

class FaultProbe : public DifferenceProbe {
 public:
  [[nodiscard]] std::string_view name() const override { return "faults"; }

 protected:
  [[nodiscard]] std::vector<ProbeValue> kinds() const override;
  [[nodiscard]] Reading<std::vector<double>> read() const override;
};

}  // namespace ridgepoint
