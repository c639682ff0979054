// Probe: a source that watches from the side while something runs, from start() to stop(). What a
// machine does not offer is there, too: a probe that is absent names the same values, each with the
// reason, so that records of all machines have the same rows.
//
// Threads: start and stop are called by one thread; what counts a process counts the threads that
// exist when the probe is made and those begun later.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "profiler/reading.h"

namespace ridgepoint {

enum class ProbeProvenance : std::uint8_t {
  counted,    ///< by hardware or the kernel
  estimated,  ///< computed from something else that was measured
};
std::string_view name_of(ProbeProvenance provenance);

struct ProbeValue {
  std::string name{};  ///< "instructions", unique within its probe
  std::string unit{};  ///< "1", "ns", "J", "Hz"
  ProbeProvenance provenance = ProbeProvenance::counted;
  Reading<double> value = Reading<double>::absent("not started");
  /// What a reader has to know, such as for what share of the time it was counted; may be empty.
  std::string note{};
};

class Probe {
 public:
  virtual ~Probe() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;  ///< "perf", unique
  /// Empty, or in one line why this machine does not offer it and what would help.
  [[nodiscard]] virtual std::string why_absent() const = 0;
  /// Begins, or begins anew. Reads little and allocates nothing that stop() does not need.
  virtual void start() = 0;
  /// What happened since start(): always the same names in the same order, never negative. Without
  /// a start before it, every value is absent.
  virtual std::vector<ProbeValue> stop() = 0;
};

/// Every probe there is, absent ones included. `gpu_bus_id`: where the GPU is plugged in that is to
/// be watched; empty: the first.
std::vector<std::unique_ptr<Probe>> make_probes(const std::string& gpu_bus_id = {});

/// `values` without their figures, each absent for `why`.
std::vector<ProbeValue> all_absent(std::vector<ProbeValue> values, const std::string& why);

}  // namespace ridgepoint
