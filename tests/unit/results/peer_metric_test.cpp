#include "results/peer_metric.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "results/statistics/quantile.h"
#include "tests/unit/results/exchange/golden_imports.h"

namespace ridgepoint {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// As the peer computes it from the same requests.
double median_of(std::string_view metric, const Record& record) {
  return median(std::span<const double>(peer_repetition_values(metric, record.measurement).values));
}

TEST(PeerMetric, SaysUnitAndDirectionOfEachPeersNames) {
  const auto expect = [](std::string_view name, std::string_view unit, Better better) {
    const auto found = find_peer_metric(name);
    ASSERT_TRUE(found) << name;
    EXPECT_EQ(found->unit, unit) << name;
    EXPECT_EQ(found->better, better) << name;
    EXPECT_EQ(unit_of_metric(name), unit) << name;
    EXPECT_EQ(better_of_metric(name), better) << name;
  };
  expect("vllm:median_ttft_ms", "ms", Better::lower);
  expect("vllm:p99_itl_ms", "ms", Better::lower);
  expect("vllm:request_throughput", "requests/s", Better::higher);
  expect("vllm:output_throughput", "tokens/s", Better::higher);
  expect("aiperf:time_to_first_token_p50_ms", "ms", Better::lower);
  expect("aiperf:output_token_throughput_avg_tokens_per_second", "tokens/s", Better::higher);
  expect("aiperf:output_token_throughput_per_user_p99_tokens_per_second_per_user", "tokens/s/user",
         Better::higher);
  expect("aiperf:request_error_rate_avg_percent", "%", Better::lower);
  expect("mlperf:90.00_percentile_latency_ns", "ns", Better::lower);
  expect("mlperf:completed_samples_per_sec", "samples/s", Better::higher);
  expect("mlperf:scheduled_samples_per_sec", "samples/s", Better::neither);
  expect("llama-bench:avg_ts", "tokens/s", Better::higher);
  for (const char* name :
       {"vllm:completed", "counter:hits", "aiperf:request_count_avg", "ttft_ns"}) {
    EXPECT_FALSE(find_peer_metric(name)) << name;
  }
}

TEST(PeerMetric, FindsItsMetricsInFilesOfThePeers) {
  EXPECT_THAT(primary_peer_metrics(imported("vllm/detailed.json").records[0].measurement),
              ElementsAre("vllm:median_ttft_ms", "vllm:median_tpot_ms", "vllm:median_itl_ms",
                          "vllm:output_throughput"));
  EXPECT_THAT(primary_peer_metrics(imported("aiperf").records[0].measurement),
              ElementsAre("aiperf:time_to_first_token_p50_ms", "aiperf:inter_token_latency_p50_ms",
                          "aiperf:request_latency_p50_ms",
                          "aiperf:output_token_throughput_avg_tokens_per_second"));
  EXPECT_THAT(primary_peer_metrics(imported("loadgen-server-tokens").records[0].measurement),
              ElementsAre("mlperf:50.00_percentile_latency_ns",
                          "mlperf:first_token_50.00_percentile_latency_ns",
                          "mlperf:completed_samples_per_sec"));
}

TEST(PeerMetric, MediansOverRequestsAreThePeersOwn) {
  const Record vllm = imported("vllm/detailed.json").records[0];
  for (const char* name : {"vllm:median_ttft_ms", "vllm:median_tpot_ms", "vllm:median_e2el_ms"}) {
    EXPECT_NEAR(median_of(name, vllm), vllm.measurement.metrics.at(name), 1e-5) << name;
  }
  const Record aiperf = imported("aiperf").records[0];
  for (const char* name : {"aiperf:time_to_first_token_p50_ms", "aiperf:inter_token_latency_p50_ms",
                           "aiperf:request_latency_p50_ms"}) {
    EXPECT_NEAR(median_of(name, aiperf), aiperf.measurement.metrics.at(name), 1e-5) << name;
  }
}

/// Requests of 10 ms, one after the other, with a token every millisecond from 2 ms on.
Measurement steady_requests(std::int64_t count) {
  Measurement measurement;
  std::vector<std::int64_t> starts, first, whole, tokens, gaps, gap_counts;
  for (std::int64_t i = 0; i < count; ++i) {
    starts.push_back(i * 10'000'000);
    first.push_back(2'000'000);
    whole.push_back(10'000'000);
    tokens.push_back(9);
    gap_counts.push_back(8);
    for (int k = 0; k < 8; ++k) gaps.push_back(1'000'000);
  }
  measurement.series = {{"vllm:start_time", "ns", starts},  {"vllm:ttft", "ns", first},
                        {"vllm:e2el", "ns", whole},         {"vllm:output_tokens", "1", tokens},
                        {"vllm:input_tokens", "1", tokens}, {"vllm:itl", "ns", gaps},
                        {"vllm:itl_count", "1", gap_counts}};
  return measurement;
}

TEST(PeerMetric, ThroughputIsARateInEachWindowOfTheRun) {
  const Measurement measurement = steady_requests(100);
  const auto tokens = peer_repetition_values("vllm:output_throughput", measurement).values;
  ASSERT_THAT(tokens, SizeIs(20)) << "five requests a window";
  double sum = 0;
  for (const double rate : tokens) sum += rate / 20;
  EXPECT_NEAR(sum, 900, 1e-6) << "900 tokens in a second, over all windows";
  for (const double rate : tokens) EXPECT_NEAR(rate, 900, 40);
  const auto requests = peer_repetition_values("vllm:request_throughput", measurement).values;
  for (const double rate : requests) EXPECT_NEAR(rate, 100, 21);
  const auto both = peer_repetition_values("vllm:total_token_throughput", measurement).values;
  for (const double rate : both) EXPECT_NEAR(rate, 1800, 80);
  EXPECT_THAT(peer_repetition_values("vllm:output_throughput", steady_requests(4)).values,
              IsEmpty());
}

TEST(PeerMetric, GapsAreAMedianARequestSoThatStepsInCommonCountOnce) {
  const auto gaps = peer_repetition_values("vllm:median_itl_ms", steady_requests(7)).values;
  ASSERT_THAT(gaps, SizeIs(7));
  for (const double gap : gaps) EXPECT_DOUBLE_EQ(gap, 1);
}

TEST(PeerMetric, WhatDoesNotFitTogetherHasNoValues) {
  Measurement measurement = steady_requests(50);
  measurement.series[6].samples[0] = std::int64_t{1} << 62;  // counts that are no counts
  measurement.series[6].samples[1] = std::int64_t{1} << 62;
  EXPECT_THAT(peer_repetition_values("vllm:median_itl_ms", measurement).values, IsEmpty());
  EXPECT_FALSE(peer_repetition_values("vllm:output_throughput", measurement).values.empty())
      << "by the ends of the requests";
  measurement.series[3].samples.pop_back();
  EXPECT_THAT(peer_repetition_values("vllm:output_throughput", measurement).values, IsEmpty());
  EXPECT_THAT(peer_repetition_values("vllm:median_tpot_ms", measurement).values, IsEmpty());
  for (const char* name : {"vllm:mean_ttft_ms", "vllm:p99_ttft_ms", "vllm:nothing", "ttft_ns"}) {
    EXPECT_THAT(peer_repetition_values(name, measurement).values, IsEmpty()) << name;
  }
}

}  // namespace
}  // namespace ridgepoint
