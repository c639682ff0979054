// What clock this thread's core ran at, without counters: estimated from a chain of dependent
// additions at the start and at the end.
#pragma once

#include <optional>

#include "profiler/probe.h"

namespace ridgepoint {

class ClockProbe : public Probe {
 public:
  [[nodiscard]] std::string_view name() const override { return "clock"; }
  [[nodiscard]] std::string why_absent() const override;
  void start() override;
  std::vector<ProbeValue> stop() override;

 private:
  std::optional<Reading<std::int64_t>> before_;
};

}  // namespace ridgepoint
