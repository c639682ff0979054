// Metric: a figure that people read, declared once: name, unit, which way is better, definition.
// Tables, exports and comparisons derive from this list; definitions follow shared practice
// (MLPerf, vLLM) and are spelled out in docs/metrics.md.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "results/record.h"

namespace ridgepoint {

enum class Better : std::uint8_t { lower, higher, neither };
std::string_view name_of(Better better);

/// Which table of a report a metric is a column of: how fast; at what cost and how exactly; none.
enum class Shown : std::uint8_t { speed, cost, nowhere };

struct MetricSpec {
  std::string_view name;  ///< "ttft_ns", "decode_tokens_per_second"
  std::string_view unit;  ///< "ns", "tokens/s", "bytes", "FLOP/s", "1"
  Better better;
  std::string_view short_name;  ///< column heading
  Shown shown;
  std::string_view definition;  ///< one sentence
};

/// In the order that tables show them.
std::span<const MetricSpec> metrics();
const MetricSpec* find_metric(std::string_view name);
/// The metric that says how far `name` can be trusted ("bits_per_byte_se"); null where there is
/// none.
const MetricSpec* standard_error_of(std::string_view name);
/// Of a declared metric or a peer's (results/peer_metric.h); "1" for any other, such as the
/// counters of imported benchmarks.
std::string unit_of_metric(std::string_view name);
/// The same; neither for any other.
Better better_of_metric(std::string_view name);

/// Everything derivable from the samples of a case: medians of the series, TPOT, tokens/s.
/// Metrics that only the harness knows (memory, work) are already in `measurement.metrics` and
/// stay. What the samples do not say stays absent: an interrupted case has what its complete
/// repetitions support, and a percentile needs the samples that support it.
void derive_metrics(const Case& subject, Measurement& measurement);

/// The series whose median says how long the case takes, and whose interval says how well that is
/// known: "run" of an operator, "end_to_end" of a model; empty for imports.
std::string_view primary_series(const Case& subject);
/// The metric that is its median.
std::string_view primary_metric(const Case& subject);

/// The gaps between tokens of a model case, pooled over repetitions: series inter_token, or the
/// steps of a case that only decodes; null when there are none.
const Series* token_gaps(const Measurement& measurement);

}  // namespace ridgepoint
