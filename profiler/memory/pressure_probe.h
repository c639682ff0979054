// Pressure stall information: how long tasks of this machine waited for CPUs, memory and storage
// (kernel documentation, accounting/psi.rst). "some": at least one task waited; "full": all did.
#pragma once

#include <string>

#include "profiler/difference_probe.h"

namespace ridgepoint {

class PressureProbe : public DifferenceProbe {
 public:
  explicit PressureProbe(std::string folder = "/proc/pressure") : folder_(std::move(folder)) {}
  [[nodiscard]] std::string_view name() const override { return "pressure"; }

 protected:
  [[nodiscard]] std::vector<ProbeValue> kinds() const override;
  [[nodiscard]] Reading<std::vector<double>> read() const override;

 private:
  std::string folder_;
};

/// "total=" of the line that begins with `kind` ("some"), in microseconds; nothing without it.
Reading<double> pressure_total_us(std::string_view text, std::string_view kind);

}  // namespace ridgepoint
