// Passes of a case on the processor of which each op is counted, after all that are timed or
// traced: what the events of the processor's PMU and of the kernel said of each op, phase by phase,
// as a GPU's counters do (gpu_passes.h). What cannot be had is an absence with its reason in the
// details.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <vector>

#include "profiler/perf/counted_figures.h"
#include "profiler/perf/memory_controllers.h"
#include "profiler/perf/thread_counters.h"
#include "profiler/span_recorder.h"
#include "profiler/trace/trace.h"

namespace ridgepoint {

/// What is counted, and by whom.
struct CpuCounters {
  CountedFigures figures;
  CounterSource& source;
  SystemCounterSource& controllers;
};

/// One pass: makes ready, calls `begin`, runs, and returns the parts; nothing when it was stopped.
using CountedCpuPass =
    std::function<std::optional<std::vector<TracedPart>>(const std::function<void()>& begin)>;

/// A pass for each group of events that the hardware counts at once. The recorder's listener is the
/// counter's meanwhile.
nlohmann::json count_on_cpu(const CpuCounters& counters, SpanRecorder& recorder,
                            const CountedCpuPass& pass);

}  // namespace ridgepoint
