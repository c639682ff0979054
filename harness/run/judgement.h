// What is said of a measurement as a whole, over all of its processes: how well its median is
// known, whether it was one thing, and what disturbed it. Goes into the details of a record as
// "stopping", "stationarity", "contamination" and "noise" (docs/formats.md).
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "harness/run/run_options.h"
#include "results/record.h"
#include "results/statistics/process_interval.h"
#include "results/statistics/stationarity.h"

namespace ridgepoint {

/// Of the case's primary series; empty where there is none or a single process.
std::optional<ProcessInterval> interval_of(const Case& subject, const Measurement& measurement);

/// "two levels: 1.65 ms (samples 0 to 411, 61 %) and 5.10 ms (samples 412 to 700, 39 %)"; empty
/// when nothing was found.
std::string stationarity_text(const Stationarity& stationarity);

/// Judges `record`, whose measurement is complete and whose details are still `details`; `ended_by`
/// is the stopping rule's reason. Sets the metric "precision_percent", adds to the details, and
/// turns an ok record that is not stationary into a mistrusted one.
void judge_record(Record& record, nlohmann::json& details, const RunOptions& options,
                  std::string_view ended_by);

/// Whether the sweep should measure the record's case again: it is noisy, more processes may help,
/// and it was not yet.
bool wants_remeasuring(const Record& record, const RunOptions& options);

}  // namespace ridgepoint
