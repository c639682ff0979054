// RequestTimings: what a record says about its requests' tokens, whoever measured them, on two
// clocks: from when a request was sent, and from when it was due.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "results/record.h"

namespace ridgepoint {

/// Statistics that a peer reported, in nanoseconds: "mean", "std", "p50", "p99", ...
using ReportedStatistics = std::map<std::string, double>;

/// How a program takes a percentile of a few values; of two that differ, one cannot be had from the
/// other's.
enum class PercentileRule : std::uint8_t {
  interpolated,  ///< linear between order statistics (numpy, type 7)
  rank,          ///< the value at position floor(n p) of the sorted ones (LoadGen)
};

struct RequestTimings {
  enum class Source : std::uint8_t { none, ridgepoint, vllm, aiperf, mlperf, llama_bench };
  Source source = Source::none;

  // An entry a request, all equally many; empty: not known.
  std::vector<double> ttft_ns;        ///< send to first token
  std::vector<double> end_to_end_ns;  ///< send to last token
  std::vector<double> delay_ns;       ///< due to send
  std::vector<double> output_tokens, prompt_tokens;
  /// Gaps between neighbouring tokens (of servers: chunks), of all requests.
  std::vector<double> gaps_ns;
  std::vector<double> decode_rates;  ///< tokens/s of each repetition of a case that only decodes

  // What a peer reported where the single requests are not known. From the send, but LoadGen's from
  // the moment that a request was due.
  ReportedStatistics ttft, end_to_end, tpot, gaps;
  std::optional<double> mean_delay_ns;
  std::optional<double> requests, total_output_tokens;
  PercentileRule rule = PercentileRule::interpolated;

  /// Whether only one request was under way at a time.
  bool alone = false;
  /// Requests are due from the moment that they are sent: a closed loop of one.
  bool due_when_sent = false;
  /// llama-bench's own figures.
  std::optional<double> avg_ts, stddev_ts;
  double prompt = 0, generate = 0;  ///< tokens of a llama-bench row
};

/// Source none for a record that is not about tokens (operators, other benchmarks).
RequestTimings request_timings(const Record& record);

}  // namespace ridgepoint
