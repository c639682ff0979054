#include "results/exchange/vllm_bench.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <numeric>

#include "tests/unit/results/example_data.h"
#include "tests/unit/results/exchange/golden_imports.h"

namespace ridgepoint {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(VllmImport, KeepsFiguresAsTheyStand) {
  const RunWithRecords data = imported("vllm/summary.json");
  const auto& metrics = data.records[0].measurement.metrics;
  EXPECT_DOUBLE_EQ(metrics.at("vllm:mean_tpot_ms"), 5.407718954889017);
  EXPECT_EQ(metrics.at("vllm:completed"), 10);
  EXPECT_FALSE(metrics.contains("vllm:request_rate"));
  EXPECT_FALSE(metrics.contains("vllm:request_goodput")) << "null, so not there";
  EXPECT_EQ(data.records[0].subject.name,
            "vllm bench serve mock backend=vllm prompts=10 rate=20.0");
  EXPECT_EQ(data.records[0].measurement.find("vllm:ttft"), nullptr);
  EXPECT_GT(data.run.started_unix_ns, 0);
}

TEST(VllmImport, KeepsEveryRequestThatSucceeded) {
  const RunWithRecords data = imported("vllm/detailed.json");
  const Measurement& measurement = data.records[0].measurement;
  EXPECT_THAT(measurement.find("vllm:output_tokens")->samples,
              ElementsAre(8, 12, 16, 1, 12, 8, 12, 16, 8));
  const auto& first = measurement.find("vllm:ttft")->samples;
  ASSERT_EQ(first.size(), 9U) << "request 5 was refused";
  EXPECT_EQ(first[0], 37'628'142);
  // The latency of a request is its first token and its gaps, but for rounding.
  const auto& counts = measurement.find("vllm:itl_count")->samples;
  const auto& gaps = measurement.find("vllm:itl")->samples;
  const auto& latencies = measurement.find("vllm:e2el")->samples;
  auto gap = gaps.begin();
  for (std::size_t i = 0; i < first.size(); ++i) {
    const auto end = gap + counts[i];
    EXPECT_NEAR(static_cast<double>(std::accumulate(gap, end, first[i])),
                static_cast<double>(latencies[i]), 20);
    gap = end;
  }
  EXPECT_EQ(gap, gaps.end());
  EXPECT_EQ(nlohmann::json::parse(data.run.environment)["vllm"]["metadata"]["gpu"], "none");
}

TEST(VllmImport, ReadsAResultALine) {
  const std::string one =
      R"({"date": "20260102-030405", "backend": "vllm", "model_id": "m", "num_prompts": 1,)"
      R"( "request_rate": "inf", "request_throughput": 1.5, "std_ttft_ms": NaN, "completed": 1})";
  const RunWithRecords data = imported_text(one + "\n" + one + "\n");
  ASSERT_EQ(data.records.size(), 2U);
  EXPECT_NE(data.records[0].id, data.records[1].id);
  EXPECT_EQ(data.records[1].started_unix_ns, 1'767'323'045'000'000'000);
  EXPECT_FALSE(data.records[0].measurement.metrics.contains("vllm:std_ttft_ms"));
}

TEST(VllmImport, CallsATestWithoutASuccessFailed) {
  const RunWithRecords data = imported_text(
      R"({"model_id": "m", "request_rate": 1, "request_throughput": 0, "completed": 0,
          "failed": 1, "ttfts": [0.0], "itls": [[]], "output_lens": [0],
          "errors": ["Traceback\n  line\nOSError: no route\n"]})");
  EXPECT_EQ(data.records[0].outcome, Outcome::failed);
  EXPECT_EQ(data.records[0].reason, "no request succeeded: OSError: no route");
}

TEST(VllmImport, RefusesListsThatDoNotFit) {
  const std::string start =
      R"({"model_id": "m", "request_rate": 1, "request_throughput": 1, "completed": 2, )";
  for (const std::string lists :
       {R"("ttfts": [0.1, 0.2], "itls": [[0.1]])", R"("ttfts": [0.1], "errors": [])",
        R"("ttfts": [0.1], "itls": [["a"]])", R"("ttfts": [0.1], "itls": [3])",
        R"("ttfts": [-1.0])", R"("ttfts": [1e300])", R"("ttfts": [0.1], "output_lens": [-3])"}) {
    EXPECT_THAT(error_of([&] { imported_text(start + lists + "}"); }), HasSubstr("result 0"))
        << lists;
  }
  EXPECT_THAT(error_of([] { imported_text("{\"a\": 1}", "vllm"); }), HasSubstr("--save-result"));
  EXPECT_THAT(error_of([] { imported_text("[]", "vllm"); }), HasSubstr("--save-result"));
}

}  // namespace
}  // namespace ridgepoint
