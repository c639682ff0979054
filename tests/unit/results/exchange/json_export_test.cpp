#include "results/exchange/json_export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "results/exchange/export.h"
#include "tests/unit/results/example_data.h"

namespace ridgepoint {
namespace {

using Json = nlohmann::json;
using ::testing::HasSubstr;

RunWithRecords run_to_export() {
  RunWithRecords data;
  data.run = example_run();
  data.run.conditions_after = R"({"load":[1.5]})";
  data.records = {example_record(data.run, 0, example_case()),
                  example_record(data.run, 2, operator_case(4))};
  data.records[1].outcome = Outcome::timed_out;
  data.records[1].reason = "600 s were not enough: \"\u00fc\"\n";
  data.records[1].measurement.series.push_back(
      {"extremes",
       "1",
       {std::numeric_limits<std::int64_t>::min(), -1, std::numeric_limits<std::int64_t>::max()}});
  data.records[1].measurement.metrics = {
      {"run_ns", 0.1},
      {"check_relative_error", std::numeric_limits<double>::infinity()},
      {"counter:x", 1e-300}};
  data.planned = {{0, example_case()}, {1, operator_case()}, {2, operator_case(4)}};
  return data;
}

TEST(JsonExport, ComesBackEqual) {
  const RunWithRecords data = run_to_export();
  expect_equal(run_from_json(run_to_json(data), "x.json"), data);
}

TEST(JsonExport, ComesBackEqualThroughTheStore) {
  const TestFolder folder;
  Store store(folder / "runs.db", OpenMode::read_write);
  const RunWithRecords data = run_to_export();
  store.merge_run(run_from_json(run_to_json(data), "x.json"), "x.json");
  expect_equal(store.whole_run(data.run.id), data);
  EXPECT_EQ(run_to_json(store.whole_run(data.run.id)), run_to_json(data));
}

TEST(JsonExport, KeepsNotANumber) {
  RunWithRecords data = run_to_export();
  data.records[0].measurement.metrics["ttft_ns"] = std::numeric_limits<double>::quiet_NaN();
  const RunWithRecords back = run_from_json(run_to_json(data), "x.json");
  EXPECT_TRUE(std::isnan(back.records[0].measurement.metrics.at("ttft_ns")));
}

TEST(JsonExport, IsWhatTheFormatDocumentSays) {
  const Json document = Json::parse(run_to_json(run_to_export()));
  EXPECT_EQ(document["format"], "ridgepoint-run");
  EXPECT_EQ(document["version"], kExportVersion);
  EXPECT_EQ(document["run"]["environment"]["cpu"]["cores"], 2);
  EXPECT_EQ(document["run"]["started"], "2023-11-14T22:13:20.123456789Z");
  EXPECT_EQ(document["records"][0]["metrics"]["ttft_ns"], Json({{"unit", "ns"}, {"value", 3e7}}));
  EXPECT_EQ(document["records"][0]["series"][0]["samples"], Json({30000000, 31000000, 29000000}));
  EXPECT_EQ(document["records"][0]["case"]["workload"], "llm");
  EXPECT_TRUE(is_run_json(document.dump()));
  EXPECT_FALSE(is_run_json(R"({"context":{},"benchmarks":[]})"));
}

TEST(JsonExport, WithoutAPlanPlansItsRecords) {
  RunWithRecords data = run_to_export();
  data.planned.clear();
  const RunWithRecords back = run_from_json(run_to_json(data), "x.json");
  ASSERT_EQ(back.planned.size(), 2U);
  EXPECT_EQ(back.planned[1].ordinal, 2);
}

TEST(JsonExport, ReplacesBytesThatAreNotText) {
  RunWithRecords data = run_to_export();
  data.records[1].reason = "died with \xff\xfe";
  EXPECT_THAT(run_from_json(run_to_json(data), "x.json").records[1].reason,
              HasSubstr("died with \xEF\xBF\xBD"));
}

TEST(JsonImport, RefusesWhatIsMissingWrongOrContradictory) {
  const std::string good = run_to_json(run_to_export());
  const auto complaint = [&](const std::string& patch) {
    const Json document = Json::parse(good).patch(Json::parse(patch));
    return error_of([&] { run_from_json(document.dump(), "x.json"); });
  };
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"([{"op":"replace","path":"/format","value":"other"}])", "not a Ridgepoint export"},
      {R"([{"op":"replace","path":"/version","value":3}])", "an export of version 3"},
      {R"([{"op":"replace","path":"/version","value":0}])", "an export of version 0"},
      {R"([{"op":"remove","path":"/run"}])", "lacks \"run\""},
      {R"([{"op":"replace","path":"/run","value":[]}])", "is not an object"},
      {R"([{"op":"replace","path":"/run/id","value":"../../etc"}])", "not a lower-case UUID"},
      {R"([{"op":"replace","path":"/run/status","value":"good"}])", "unknown \"status\""},
      {R"([{"op":"replace","path":"/run/started_unix_ns","value":1.5}])", "64-bit integer"},
      {R"([{"op":"replace","path":"/run/started_unix_ns","value":18446744073709551615}])",
       "64-bit integer"},
      {R"([{"op":"replace","path":"/run/git/dirty","value":1}])", "neither true nor false"},
      {R"([{"op":"replace","path":"/records/0/outcome","value":"fine"}])", "unknown outcome"},
      {R"([{"op":"replace","path":"/records/1/reason","value":""}])", "has no reason"},
      {R"([{"op":"replace","path":"/records/0/case/prompt","value":-1}])", "case that is none"},
      {R"([{"op":"replace","path":"/records/0/case/prompt","value":33}])", "does not know"},
      {R"([{"op":"replace","path":"/records/0/ordinal","value":9}])", "does not know"},
      {R"([{"op":"replace","path":"/records/1/ordinal","value":0}])", "two records"},
      {R"([{"op":"replace","path":"/planned/1/ordinal","value":0}])", "two cases at one ordinal"},
      {R"([{"op":"replace","path":"/records/0/series/1/name","value":"ttft"}])",
       "two series of one name"},
      {R"([{"op":"replace","path":"/records/0/series/0/count","value":2}])", "\"count\""},
      {R"([{"op":"replace","path":"/records/0/series/0/samples/0","value":"1"}])",
       "64-bit integer"},
      {R"([{"op":"replace","path":"/records/0/series/0/process_counts","value":[1,1]}])", "add up"},
      {R"([{"op":"replace","path":"/records/0/series/0/process_counts","value":[5,-2]}])",
       "not of its samples"},
      {R"([{"op":"replace","path":"/records/0/series/0/process_counts","value":[-1,4]}])",
       "not of its samples"},
      {R"([{"op":"replace","path":"/records/0/series/0/process_counts","value":3}])",
       "is not a list"},
      {R"([{"op":"remove","path":"/records/0/op_times/1/passes"}])", "lacks \"passes\""},
      {R"([{"op":"replace","path":"/records/0/op_times/1/work_flops","value":"NaN"}])",
       "without end"},
      {R"([{"op":"replace","path":"/records/0/metrics/ttft_ns","value":3}])", "is not an object"},
      {R"([{"op":"replace","path":"/records/0/metrics/ttft_ns/value","value":"3"}])",
       "not a number"},
  };
  for (const auto& [patch, what] : cases) {
    const std::string line = complaint(patch);
    EXPECT_THAT(line, HasSubstr(what)) << patch;
    EXPECT_EQ(line.find("x.json"), 0U) << line;
  }
}

TEST(JsonImport, ReadsTheFirstVersionToo) {
  RunWithRecords data = run_to_export();
  Json document = Json::parse(run_to_json(data));
  document["version"] = 1;
  for (Json& record : document["records"]) {
    record.erase("op_times");
    for (Json& series : record["series"]) series.erase("process_counts");
  }
  for (Record& record : data.records) {
    record.measurement.op_times.clear();
    for (Series& series : record.measurement.series) series.process_counts.clear();
  }
  expect_equal(run_from_json(document.dump(), "x.json"), data);
}

TEST(JsonImport, RefusesWhatIsNotJsonOrTooDeep) {
  EXPECT_THAT(error_of([] { run_from_json("{\"format\":", "x.json"); }),
              HasSubstr("x.json: not JSON at byte 11"));
  EXPECT_THAT(error_of([] { run_from_json(std::string(100'000, '['), "x.json"); }),
              HasSubstr("nested deeper"));
  EXPECT_THAT(error_of([] { run_from_json("[1]", "x.json"); }), HasSubstr("is not an object"));
  EXPECT_THAT(error_of([] { run_from_json("1e999", "x.json"); }), HasSubstr("x.json"));
}

}  // namespace
}  // namespace ridgepoint
