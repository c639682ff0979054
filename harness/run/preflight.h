// Preflight: what every case of a run names (backends, models, Google Benchmark's flags) is opened
// once before anything is planned, so that a mistyped name is one line and an unchanged database
// rather than a run full of failures.
//
// It happens in a process of its own, because opening a plug-in runs its code. One that crashes
// there is no bad input: the sweep goes on and records what the crash was.
#pragma once

#include <span>

#include "harness/run/run_options.h"
#include "workloads/case.h"

namespace ridgepoint {

/// Error: the first thing that cannot be opened, in the words of whoever refused it. To be called
/// while this process has one thread.
void preflight(std::span<const Case> cases, const RunOptions& options);

}  // namespace ridgepoint
