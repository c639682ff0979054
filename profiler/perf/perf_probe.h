// Counters of the kernel's perf_event: of the cores where they have a PMU, of the kernel anywhere.
// Events are opened as one group, so that they count over the same time; a group that does not fit
// onto the hardware at once is multiplexed, and then scaled, with the share of the time that it was
// counted in the note.
#pragma once

#include <memory>
#include <string>

#include "profiler/probe.h"

namespace ridgepoint {

enum class PerfEvents : std::uint8_t {
  hardware,  ///< cycles, instructions, cache references and misses, branch misses
  software,  ///< CPU time, page faults, switches, migrations
};

std::unique_ptr<Probe> make_perf_probe(PerfEvents events);

/// Counts times what they would be had they been counted all the time; the note says the share.
struct Multiplexed {
  double value = 0;
  std::string note;
};
Multiplexed scale_multiplexed(double count, double enabled_ns, double running_ns);

}  // namespace ridgepoint
