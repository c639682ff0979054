// Measures one case by fresh processes, one after the other, until the interval of its median is as
// narrow as asked for or its budget is spent, and judges what they brought back: interval, levels
// and trends, contamination. Whatever happens becomes a Record with an outcome.
#pragma once

#include <atomic>
#include <functional>

#include "harness/run/child_process.h"
#include "harness/run/measure_case.h"
#include "harness/run/run_options.h"
#include "results/record.h"

namespace ridgepoint {

/// Never throws for what the processes do; the first that does not come out ok ends the case. Fills
/// outcome, reason, measurement (with derived metrics), details, start and duration; the caller
/// sets id, run id and ordinal. Error when no process can be started at all. `on_progress` may be
/// empty; it is called on this thread, and so is `on_partial`, between two processes, with what
/// those before have brought, as an interrupted record: whoever stores that loses no more than one
/// process when this one is killed.
Record run_case(const Case& subject, const RunOptions& options, AnswerStore& answers,
                const std::atomic<bool>& stop,
                const std::function<void(const CaseProgress&)>& on_progress,
                const MeasureProgram& program = {},
                const std::function<void(Record)>& on_partial = {});

/// Measures the case of `earlier` again, with a budget of its own, and appends what comes back as
/// further processes: no sample is thrown away, none is chosen. The record that it returns takes
/// the place of `earlier` (Store::replace_record), unless it was interrupted.
Record remeasure_case(const Record& earlier, const RunOptions& options, AnswerStore& answers,
                      const std::atomic<bool>& stop,
                      const std::function<void(const CaseProgress&)>& on_progress,
                      const MeasureProgram& program = {});

/// The child's main: reads instructions from `in_fd`, writes events to `out_fd`; returns exit code.
int measure_main(int in_fd, int out_fd);

}  // namespace ridgepoint
