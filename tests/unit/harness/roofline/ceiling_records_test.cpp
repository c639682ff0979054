// Ceilings on their way into the store and back.
#include "harness/roofline/ceiling_records.h"
#include "harness/environment/new_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "results/compare/compared_metrics.h"
#include "results/repetition_values.h"
#include "results/report/table.h"
#include "tests/support/temporary_folder.h"

namespace ridgepoint {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

ceilings::Ceiling level_of_load() {
  ceilings::Ceiling ceiling;
  ceiling.kind = "bandwidth";
  ceiling.what = "load";
  ceiling.level = "outermost";
  ceiling.threads = 2;
  ceiling.streams = 8;
  ceiling.unit = "bytes/s";
  ceiling.estimate = {40e9, 39e9, 42e9};
  ceiling.samples = {39e9, 40e9, 42e9};
  ceiling.from_bytes = 1 << 28;
  ceiling.to_bytes = 1 << 30;
  return ceiling;
}

ceilings::Ceiling absent_tiles() {
  ceilings::Ceiling ceiling;
  ceiling.kind = "compute";
  ceiling.what = "amx int8 tdpbssd";
  ceiling.unit = "OP/s";
  ceiling.why_absent = "the CPU lacks AMX-TILE";
  return ceiling;
}

TEST(CeilingRecord, HasTheMedianThePrecisionAndWhatIsBehindThem) {
  const Record record = record_of(level_of_load());
  EXPECT_EQ(label(record.subject), "load, outermost level, 2 threads, 8 streams");
  EXPECT_EQ(record.outcome, Outcome::ok);
  EXPECT_EQ(record.measurement.metrics.at("bytes_per_second"), 40e9);
  EXPECT_DOUBLE_EQ(record.measurement.metrics.at("precision_percent"), 3.75);
  EXPECT_THAT(primary_metrics(record), ElementsAre("bytes_per_second"));
  EXPECT_THAT(repetition_values("bytes_per_second", record.subject, record.measurement).values,
              ElementsAre(39e9, 40e9, 42e9));
}

TEST(CeilingRecord, OfLatencyKeepsPicoseconds) {
  ceilings::Ceiling ceiling;
  ceiling.kind = "latency";
  ceiling.what = "random chase";
  ceiling.level = "1";
  ceiling.unit = "ns";
  ceiling.estimate = {1.25, 1.25, 1.25};
  ceiling.samples = {1.25, 1.5};
  const Record record = record_of(ceiling);
  ASSERT_NE(record.measurement.find("latency_ps"), nullptr);
  EXPECT_THAT(record.measurement.find("latency_ps")->samples, ElementsAre(1250, 1500));
  EXPECT_THAT(repetition_values("latency_ns", record.subject, record.measurement).values,
              ElementsAre(1.25, 1.5));
}

TEST(CeilingRecord, ThatIsAbsentIsARowWithItsReason) {
  const Record record = record_of(absent_tiles());
  EXPECT_EQ(record.outcome, Outcome::unsupported);
  EXPECT_EQ(record.reason, "the CPU lacks AMX-TILE");
  EXPECT_TRUE(record.measurement.metrics.empty());
}

TEST(CeilingRun, ComesBackFromTheStoreWithItsCurve) {
  const TemporaryFolder folder;
  Store store(folder.file("ceilings.db"), OpenMode::read_write);
  ceilings::Measured measured;
  measured.ceilings = {level_of_load(), absent_tiles()};
  measured.curves = {{.kind = "bandwidth",
                      .what = "load",
                      .threads = 2,
                      .streams = 8,
                      .unit = "bytes/s",
                      .points = {{1 << 28, {40e9, 39e9, 42e9}}}}};
  const ridgepoint::Run run = new_run("roofline", "mine", "ridgepoint roofline");
  const std::string& id = run.id;
  store_ceilings(store, run, measured);
  const RunWithRecords back = store.whole_run(id);
  EXPECT_EQ(back.run.status, "finished");
  ASSERT_EQ(back.records.size(), 2U);
  const auto details = nlohmann::json::parse(back.records[0].details);
  EXPECT_EQ(details["curve"]["points"][0][0], 1 << 28);
  EXPECT_EQ(details["ceiling"]["low"], 39e9);
  EXPECT_TRUE(details["measured_under"]["huge_bytes"].contains("absent"));
  const std::string table = run_table(back);
  EXPECT_THAT(table, HasSubstr("Ceilings of the machine"));
  EXPECT_THAT(table, HasSubstr("the CPU lacks AMX-TILE"));
  EXPECT_EQ(store.check_integrity(), "ok");
}

}  // namespace
}  // namespace ridgepoint
