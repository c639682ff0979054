// SPDX-License-Identifier: GPL-3.0-or-later
// TracedRecord: a record that kept its spans, and its op times as a stretch of them says: what
// makes a range that was chosen in the timeline count elsewhere.
#pragma once

#include <memory>

#include "dashboard/models/place.h"
#include "dashboard/models/timeline_index.h"
#include "results/record.h"

namespace ridgepoint {

struct TracedRecord {
  Record record;  ///< without its trace
  TimelineIndex timeline;
};

/// The record with op times from the passes that lie within the range alone, or, where none lies
/// within, from what it holds of those that it cuts. Ops that did not run in it are gone, and so
/// are the metrics of untraced passes, because they say nothing of it.
Record with_times_within(const TracedRecord& traced, const TraceRange& range);

}  // namespace ridgepoint
