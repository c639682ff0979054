// Peer metric: a figure that another program defines, under that program's name for it
// ("vllm:median_ttft_ms"): its unit, which way is better, and the samples of single requests that
// stand behind it. Declared once, by patterns, because peers make names of percentiles and units.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "results/metric.h"
#include "results/repetition_values.h"

namespace ridgepoint {

struct PeerMetric {
  std::string unit;  ///< "ms", "tokens/s"; "1" where the name says none
  Better better = Better::neither;
};

/// Nothing for a name that belongs to no peer, or that says nothing of a direction.
std::optional<PeerMetric> find_peer_metric(std::string_view name);

/// Those among the record's metrics that stand for an import of vLLM, AIPerf or LoadGen: times to
/// the first token, for each further one, of whole requests, and throughput. Empty for others.
std::vector<std::string> primary_peer_metrics(const Measurement& measurement);

/// One value a request, in the order that the peer wrote them; for gaps between tokens the median
/// of each request's gaps, because gaps of requests that run side by side are the same steps. For
/// throughput one value a window: the time from the first request sent to the last one done, cut
/// into as many equal windows as hold five requests each on average, at most 200. Empty where the
/// file had no single requests, and for metrics that are no median (means, percentiles).
RepetitionValues peer_repetition_values(std::string_view name, const Measurement& measurement);

/// What file would bring the single requests, for a person; empty where nobody knows.
std::string_view samples_of_peer(std::string_view name);

}  // namespace ridgepoint
