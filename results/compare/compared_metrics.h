// Which metrics of a case are hypotheses. One case has a dozen figures that say nearly the same
// thing; testing each would only make the family larger and the verdict weaker. So each workload
// has its primary ones, and memory and exactness are looked at without a test.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "results/record.h"

namespace ridgepoint {

/// Asked for by `--metric all`.
inline constexpr std::string_view kAllMetrics = "all";

/// What a case is about: llm: ttft_ns, and tpot_ns or, without a prompt, decode_tokens_per_second;
/// op: run_ns; quality: bits_per_byte, kl_mean; imported: what the list "primary_metrics" of the
/// details names, else those of the peer (results/peer_metric.h), else real_time_ns.
std::vector<std::string> primary_metrics(const Record& record);

/// Declared ones in the order of metrics(), then a peer's. `asked` empty: the primary metrics and
/// those with a tolerance (results/metric_tolerance.h), where both sides have them. kAllMetrics:
/// all with a direction that have samples or a tolerance.
std::vector<std::string> compared_metrics(const Record& a, const Record& b,
                                          std::span<const std::string> asked);

/// Those of the compared metrics that A has and B lacks, where both are the same backend: another
/// one need not have them.
std::vector<std::string> metrics_only_in_a(const Record& a, const Record& b,
                                           std::span<const std::string> asked);

/// Error for a name that is no declared metric with a direction, nor a peer's, nor kAllMetrics;
/// imported counters ("counter:NAME") have no direction.
void require_comparable_metrics(std::span<const std::string> asked);

}  // namespace ridgepoint
