#include "harness/run/batch_log.h"

#include <gtest/gtest.h>

#include <numeric>

#include "results/contamination.h"
#include "tests/unit/harness/support/measuring.h"

namespace ridgepoint {
namespace {

using testing::KeepingSink;

TEST(BatchLog, HasOneValueABatchInEverySeries) {
  BatchLog log;
  KeepingSink sink;
  for (int batch = 1; batch <= 3; ++batch) {
    log.begin();
    EXPECT_TRUE(log.open());
    log.add(batch);
    log.add(batch);
    log.end();
    EXPECT_FALSE(log.open());
    log.send(sink);
  }
  log.send(sink);
  EXPECT_EQ(sink.series.at("batch.samples"), (std::vector<std::int64_t>{2, 4, 6}));
  const auto absent = nlohmann::json::parse(log.absent_json());
  for (const auto& spec : batch_series()) {
    const std::string name(spec.name);
    EXPECT_NE(sink.series.contains(name), absent.contains(name)) << name;
    if (!sink.series.contains(name)) continue;
    EXPECT_EQ(sink.series.at(name).size(), 3U) << name;
  }
  EXPECT_EQ(sink.series.size() + absent.size(), batch_series().size());
}

TEST(BatchLog, LeavesBatchesWithoutSamplesOut) {
  BatchLog log;
  KeepingSink sink;
  log.end();
  log.begin();
  log.end();
  log.send(sink);
  EXPECT_TRUE(sink.series.empty());
}

TEST(BatchLog, OfAnOperatorHoldsEverySampleOnce) {
  testing::MemoryAnswers answers;
  KeepingSink sink;
  const auto result =
      measure_case(testing::op_case("null:latency_ns=100000"), testing::quick_options(), sink,
                   answers.store, testing::kNeverStop);
  ASSERT_EQ(result.outcome, Outcome::ok) << result.reason;
  const auto& batches = sink.series.at("batch.samples");
  EXPECT_EQ(std::accumulate(batches.begin(), batches.end(), std::int64_t{0}),
            static_cast<std::int64_t>(sink.series.at("run").size()));
  const auto& durations = sink.series.at("batch.duration_ns");
  for (std::size_t i = 0; i + 1 < durations.size(); ++i) {
    EXPECT_GE(durations[i], BatchLog::kBatchNs);
  }
}

TEST(BatchLog, OfAModelHoldsEveryRepetitionOnce) {
  testing::MemoryAnswers answers;
  KeepingSink sink;
  measure_case(testing::model_case("null:latency_ns=4000000"), testing::quick_options(), sink,
               answers.store, testing::kNeverStop);
  EXPECT_EQ(sink.series.at("batch.samples"),
            std::vector<std::int64_t>(sink.series.at("end_to_end").size(), 1))
      << "16 ms each";
}

}  // namespace
}  // namespace ridgepoint
