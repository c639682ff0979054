// Tables that a person reads in a terminal, and the units that figures are read in.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "results/record.h"
#include "results/store/store.h"

namespace ridgepoint {

/// "12.3 ms", "1.61 GB", "41.5 tokens/s"; three significant digits; units from MetricSpec. Whole
/// numbers of unit "1" and of bytes below 1000 stay whole.
std::string format_value(double value, std::string_view unit);

/// "1.8502 ± 0.0031": the error with two digits, the value with as many decimals.
std::string format_with_error(double value, double standard_error);

/// A run as text: head (machine, floor, git), one row a case with the metrics that apply, reasons
/// of failures below, refused percentiles named with the count they need. `qualities` as of
/// case_tables.
std::string run_table(const RunWithRecords& data, std::span<const Record> qualities = {});
std::string runs_table(const std::vector<RunSummary>& runs);

/// Aligns columns (UTF-8 aware); numbers to the right. The first row is the heading.
std::string align(const std::vector<std::vector<std::string>>& rows);

}  // namespace ridgepoint
