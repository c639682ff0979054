#include "results/exchange/nvbench.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/results/example_data.h"
#include "tests/unit/results/exchange/golden_imports.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;

TEST(NvbenchImport, MakesACaseOfEveryState) {
  const RunWithRecords data = imported("nvbench/copy.json");
  ASSERT_EQ(data.records.size(), 3U);
  EXPECT_EQ(data.records[0].subject.name, "copy Elements=65536 on Example GPU");
  EXPECT_EQ(data.run.command, "./copy_bench --json copy.json -d 0");
  EXPECT_EQ(data.run.tool_version, "importing nvbench 0.1.0");
}

TEST(NvbenchImport, KeepsSummariesWithTheirUnits) {
  const Record record = imported("nvbench/copy.json").records[1];
  const auto& metrics = record.measurement.metrics;
  EXPECT_EQ(metrics.at("nvbench:nv/cold/sample_size"), 512);
  EXPECT_NEAR(metrics.at("nvbench:nv/cold/time/gpu/mean_s"), 1.54e-5, 1e-7);
  EXPECT_TRUE(metrics.contains("nvbench:nv/cold/bw/global/bytes_per_second_bytes_per_second"));
  EXPECT_EQ(metrics.at("nvbench:nv/cold/time/gpu/stdev/relative_share"), 0.0125);
  EXPECT_EQ(record.duration_ns, 500'000'000);
}

TEST(NvbenchImport, KeepsAStateThatWasSkippedWithItsReason) {
  const Record record = imported("nvbench/copy.json").records[2];
  EXPECT_EQ(record.outcome, Outcome::unsupported);
  EXPECT_EQ(record.reason, "Not enough memory on the device.");
}

TEST(NvbenchImport, RefusesWhatIsNone) {
  const std::string meta = R"({"meta": {"version": {"nvbench": {}}}, "benchmarks": )";
  EXPECT_THAT(error_of([&] { imported_text(meta + "3}"); }), HasSubstr("benchmarks"));
  EXPECT_THAT(error_of([&] { imported_text(meta + "[]}"); }), HasSubstr("no measured state"));
  EXPECT_THAT(error_of([&] { imported_text(meta + "[3]}"); }), HasSubstr("benchmark 0"));
  EXPECT_THAT(error_of([&] { imported_text(meta + "[{}]}"); }), HasSubstr("name"));
  EXPECT_THAT(error_of([&] { imported_text(meta + "[{\"name\": \"a\", \"states\": [1]}]}"); }),
              HasSubstr("state"));
  EXPECT_THAT(error_of([&] { imported_text(meta + "["); }), HasSubstr("byte"));
}

}  // namespace
}  // namespace ridgepoint
