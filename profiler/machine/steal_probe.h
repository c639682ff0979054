// CPU time that the hypervisor gave to others, over all CPUs of this machine.
#pragma once

#include "profiler/difference_probe.h"
#include "profiler/machine/steal_time.h"

namespace ridgepoint {

class StealProbe : public DifferenceProbe {
 public:
  explicit StealProbe(std::string path = "/proc/stat") : steal_(std::move(path)) {}
  [[nodiscard]] std::string_view name() const override { return "steal"; }

 protected:
  [[nodiscard]] std::vector<ProbeValue> kinds() const override {
    return {{.name = "steal", .unit = "ns", .note = "over all CPUs, in steps of 10 ms"}};
  }
  [[nodiscard]] Reading<std::vector<double>> read() const override {
    const auto steal = steal_.read_ns();
    if (!steal) return Reading<std::vector<double>>::absent(steal.why());
    return Reading<std::vector<double>>::of({static_cast<double>(steal.value())});
  }

 private:
  mutable StealTime steal_;  // reading moves within its file
};

}  // namespace ridgepoint
