// DifferenceProbe: what most probes are, a few cumulative counters read before and after.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "profiler/probe.h"

namespace ridgepoint {

class DifferenceProbe : public Probe {
 public:
  [[nodiscard]] std::string why_absent() const final;
  void start() final;
  std::vector<ProbeValue> stop() final;

 protected:
  /// The values with names, units and notes; figures are ignored.
  [[nodiscard]] virtual std::vector<ProbeValue> kinds() const = 0;
  /// The counters now, in the order of kinds(); or why they cannot be read.
  [[nodiscard]] virtual Reading<std::vector<double>> read() const = 0;
  /// Where a counter begins anew when it is full; 0: it does not.
  [[nodiscard]] virtual double wraps_at(std::size_t counter) const {
    static_cast<void>(counter);
    return 0;
  }

 private:
  std::optional<Reading<std::vector<double>>> before_;
};

}  // namespace ridgepoint
