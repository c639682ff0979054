#include "results/report/table.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <sstream>

#include "results/metric.h"
#include "results/report/case_tables.h"
#include "results/report/time_text.h"
#include "tests/unit/results/example_data.h"

namespace ridgepoint {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(FormatValue, ShowsThreeDigitsAndTheRightPrefix) {
  EXPECT_EQ(format_value(12.34, "ns"), "12.3 ns");
  EXPECT_EQ(format_value(0.5, "ns"), "0.500 ns");
  EXPECT_EQ(format_value(999.4, "ns"), "999 ns");
  EXPECT_EQ(format_value(999.6, "ns"), "1.00 us");
  EXPECT_EQ(format_value(12'345'678, "ns"), "12.3 ms");
  EXPECT_EQ(format_value(999'999'999, "ns"), "1.00 s");
  EXPECT_EQ(format_value(123'456'000'000'000, "ns"), "123000 s");
  EXPECT_EQ(format_value(1'610'000'000, "bytes"), "1.61 GB");
  EXPECT_EQ(format_value(512, "bytes"), "512 B");
  EXPECT_EQ(format_value(7, "bytes"), "7 B");
  EXPECT_EQ(format_value(40.8e9, "bytes/s"), "40.8 GB/s");
  EXPECT_EQ(format_value(1.65e12, "FLOP/s"), "1.65 TFLOP/s");
  EXPECT_EQ(format_value(267e9, "FLOP/s"), "267 GFLOP/s");
  EXPECT_EQ(format_value(41.52, "tokens/s"), "41.5 tokens/s");
  EXPECT_EQ(format_value(12'345.6, "tokens/s"), "12300 tokens/s");
  EXPECT_EQ(format_value(-1500, "ns"), "-1.50 us");
  EXPECT_EQ(format_value(0, "ns"), "0 ns");
}

TEST(FormatValue, KeepsCountsWholeAndSmallErrorsShort) {
  EXPECT_EQ(format_value(35, "1"), "35");
  EXPECT_EQ(format_value(123'456, "1"), "123456");
  EXPECT_EQ(format_value(3.14159, "1"), "3.14");
  EXPECT_EQ(format_value(1.2345e-7, "1"), "1.23e-07");
  EXPECT_EQ(format_value(std::numeric_limits<double>::quiet_NaN(), "ns"), "nan");
  EXPECT_EQ(format_value(std::numeric_limits<double>::infinity(), "1"), "inf");
}

TEST(RunTable, ShowsHowWellTheMedianIsKnownAndWhyNoBetter) {
  RunWithRecords data;
  data.run = example_run();
  const std::vector<std::pair<std::string, double>> stories = {
      {"precision", 0.83}, {"budget", 3.2}, {"budget", 12.5}, {"processes", 1.5}, {"alone", 0}};
  for (std::size_t i = 0; i < stories.size(); ++i) {
    const auto& [ended_by, reached] = stories[i];
    const auto ordinal = static_cast<std::int64_t>(i);
    Record record = example_record(data.run, ordinal, operator_case(ordinal + 1));
    record.measurement.series.clear();
    record.measurement.metrics = {{"run_ns", 1.23e6}};
    if (reached > 0) record.measurement.metrics["precision_percent"] = reached;
    record.details = fmt::format(
        R"({{"stopping":{{"asked_percent":1.0,"ended_by":"{}","processes":10,"reached_percent":{}}}}})",
        ended_by, reached > 0 ? std::to_string(reached) : "null");
    data.records.push_back(record);
  }
  data.records[1].details =
      R"({"contamination":{"batches":10,"contaminated":4,"most_contaminated":0.2,"by":{"steal":4}},)" +
      data.records[1].details.substr(1);
  data.records[2].details =
      R"({"remeasured":{"replaces":"x"},)" + data.records[2].details.substr(1);
  const std::string text = run_table(data);
  EXPECT_THAT(text, HasSubstr("±"));
  EXPECT_THAT(text, HasSubstr("0.830 %"));
  EXPECT_THAT(text, HasSubstr("1 % asked for, because the budget was spent: #1 #2\n"));
  EXPECT_THAT(text, HasSubstr("1 % asked for, because there were 10 processes: #3\n"));
  EXPECT_THAT(text, HasSubstr("one process took the whole budget: #4\n"));
  EXPECT_THAT(text, HasSubstr("#1 noisy: 4 of 10 batches contaminated (steal 4)\n"));
  EXPECT_THAT(text, HasSubstr("Measured twice, because noisy, and both count: #2\n"));
}

TEST(RunTable, BearsDetailsOfAnyKind) {
  RunWithRecords data;
  data.run = example_run();
  for (const char* details : {"", "3", "{\"stopping\":7,\"contamination\":[],\"remeasured\":null}",
                              "{\"stopping\":{\"asked_percent\":\"x\",\"ended_by\":[]}}",
                              "{\"contamination\":{\"batches\":1,\"contaminated\":1,\"most_"
                              "contaminated\":0,\"by\":5}}"}) {
    data.records = {example_record(data.run, 0, operator_case())};
    data.records[0].details = details;
    EXPECT_THAT(run_table(data), HasSubstr("Operators")) << details;
  }
}

TEST(TimeText, IsUtcOverAllOfInt64) {
  EXPECT_EQ(time_text(1'700'000'000'123'456'789), "2023-11-14 22:13 UTC");
  EXPECT_EQ(iso_time(1'700'000'000'123'456'789), "2023-11-14T22:13:20.123456789Z");
  EXPECT_EQ(iso_time(-1), "1969-12-31T23:59:59.999999999Z");
  EXPECT_EQ(iso_time(std::numeric_limits<std::int64_t>::min()), "1677-09-21T00:12:43.145224192Z");
  EXPECT_EQ(iso_time(std::numeric_limits<std::int64_t>::max()), "2262-04-11T23:47:16.854775807Z");
}

TEST(Align, PutsNumbersToTheRightAndTextToTheLeft) {
  EXPECT_EQ(align({{"name", "time", "id"}, {"a", "1.00 ms", "12ab"}, {"bcdef", "12 ns", "34"}}),
            "name      time  id\n"
            "a      1.00 ms  12ab\n"
            "bcdef    12 ns  34\n");
}

TEST(Align, CountsCharactersAndNotBytes) {
  EXPECT_EQ(align({{"n", "x"}, {"\u00e4\u00f6\u00fc", "1"}, {"abc", "22"}}),
            "n     x\n\u00e4\u00f6\u00fc   1\nabc  22\n");
}

Record measured(const Run& run, std::int64_t ordinal, const Case& subject, int gaps) {
  Record record = example_record(run, ordinal, subject);
  record.measurement.series.push_back({"inter_token", "ns", {}});
  for (int i = 0; i < gaps; ++i) {
    record.measurement.series.back().samples.push_back(9'000'000 + 1000 * (i % 97));
  }
  record.measurement.metrics = {{"memory_weights_bytes", 1.17e9},
                                {"memory_kv_bytes", 22'528'000},
                                {"memory_activations_bytes", 3'500'000},
                                {"memory_scratch_bytes", 0},
                                {"peak_rss_bytes", 1.3e9},
                                {"check_relative_error", 1.3e-7}};
  derive_metrics(subject, record.measurement);
  return record;
}

RunWithRecords example_data() {
  RunWithRecords data;
  data.run = example_run();
  data.run.status = "finished";
  data.run.finished_unix_ns = data.run.started_unix_ns + 41'000'000'000;
  for (const std::int64_t depth : {0, 4096}) {
    for (const std::int64_t batch : {1, 4, 16}) {
      Case subject = example_case();
      subject.depth = depth;
      subject.batch = batch;
      const auto ordinal = static_cast<std::int64_t>(data.records.size());
      data.records.push_back(measured(data.run, ordinal, subject, depth == 0 ? 35 : 300));
      data.planned.push_back({ordinal, subject});
    }
  }
  Record& failed = data.records[4];
  failed.outcome = Outcome::out_of_memory;
  failed.reason = "asked for 3.2 GB\nwith 2.9 GB available";
  failed.measurement = {};
  data.records[5].details = R"({"model":{"synthetic":true}})";
  for (const std::int64_t rows : {1, 512}) {
    const auto ordinal = static_cast<std::int64_t>(data.records.size());
    Record record = example_record(data.run, ordinal, operator_case(rows));
    record.measurement = {{{"run", "ns", {50'000 * rows, 52'000 * rows, 51'000 * rows}}},
                          {{"work_flops", 8.4e6 * static_cast<double>(rows)},
                           {"work_bytes", 4.4e6},
                           {"harness_floor_share", rows == 1 ? 0.04 : 0.0001}}};
    derive_metrics(record.subject, record.measurement);
    data.records.push_back(record);
    data.planned.push_back({ordinal, record.subject});
  }
  data.planned.push_back({8, operator_case(4)});
  return data;
}

TEST(RunTable, SaysWhatRanWhereAndHowItEnded) {
  const RunWithRecords data = example_data();
  const std::string text = run_table(data);
  EXPECT_THAT(text, HasSubstr("Run " + data.run.id.substr(0, 8) +
                              " \"nightly, \"fast\"\", suite "
                              "smoke, 2023-11-14 22:13 UTC, finished after 41.0 s\n"));
  EXPECT_THAT(text, HasSubstr("Example CPU @ 2.0 GHz, 2 cores, environment 00112233\n"));
  EXPECT_THAT(text,
              HasSubstr("Ridgepoint 0.1.0, git main@0123456789 (modified files), harness floor "
                        "62.0 ns a sample\n"));
  EXPECT_THAT(text, HasSubstr("7 of 9 cases ok, 1 not measured (#8): ridgepoint resume " +
                              data.run.id.substr(0, 8)));
  RecordProperty("table", text);
}

TEST(RunTable, ShowsFailuresAsRowsWithTheirReasonsBelow) {
  const std::string text = run_table(example_data());
  EXPECT_THAT(text, HasSubstr("out_of_memory\n"));
  EXPECT_THAT(text, HasSubstr("#4 out_of_memory: asked for 3.2 GB with 2.9 GB available\n"));
}

TEST(RunTable, RefusesPercentilesWithTheCountThatWouldDo) {
  const std::string text = run_table(example_data());
  EXPECT_THAT(text, HasSubstr("35 of 299"));
  EXPECT_THAT(text, HasSubstr("35 gaps measured of the 299 that support the claim"));
  EXPECT_THAT(text, HasSubstr("9.10 ms")) << "where the count does, the figure stands";
}

TEST(RunTable, MarksSyntheticWeightsAndTheHarnessWhereItMatters) {
  const std::string text = run_table(example_data());
  EXPECT_THAT(text, HasSubstr("\n5*"));
  EXPECT_THAT(text, HasSubstr("* synthetic weights"));
  EXPECT_THAT(text, HasSubstr("#6: the harness itself is 4 % of a sample"));
  EXPECT_THAT(text, Not(HasSubstr("#7: the harness")));
}

TEST(RunTable, FitsOneHundredAndTwentyColumns) {
  std::istringstream lines(run_table(example_data()));
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 120U) << line;
}

TEST(RunTable, MakesColumnsOfWhatDiffersAndOneLineOfWhatDoesNot) {
  const auto tables = case_tables(example_data());
  ASSERT_EQ(tables.size(), 2U);
  EXPECT_EQ(tables[0].title, "Models");
  EXPECT_THAT(tables[0].common, HasSubstr("prompt 32, generate 8"));
  EXPECT_THAT(tables[0].common, Not(HasSubstr("batch")));
  EXPECT_THAT(tables[0].speed[0],
              ElementsAre("#", "depth", "batch", "n", "pp tok/s", "tg tok/s", "TTFT", "TPOT",
                          "gap p50", "gap p99", "e2e", "outcome"));
  EXPECT_THAT(tables[0].cost[0], ElementsAre("#", "load", "weights", "KV", "activations", "scratch",
                                             "peak RSS", "rel error"));
  EXPECT_EQ(tables[1].title, "Operators");
  EXPECT_THAT(tables[1].speed[0], ElementsAre("#", "rows", "n", "time", "FLOP/s", "bytes/s"));
}

TEST(RunTable, UsesLabelsWhereManyFieldsDifferAndAddsWhatTheyLeaveOut) {
  RunWithRecords data;
  data.run = example_run();
  std::vector<Case> cases(4, operator_case());
  cases[0].in = 5632;
  cases[1].op = "attention";
  cases[1].depth = 16'384;
  cases[2].op = "rope";
  cases[2].batch = 16;
  cases[2].threads = 1;
  cases[3].op = "embedding";
  cases[3].type = "q4_0";
  cases[3].rows = 512;
  cases[3].out = 128'256;
  for (const Case& subject : cases) {
    const auto ordinal = static_cast<std::int64_t>(data.records.size());
    Record record = example_record(data.run, ordinal, canonical(subject));
    record.measurement = {{{"run", "ns", {51'000}}},
                          {{"work_flops", 8.4e6}, {"work_bytes", 4.4e6}}};
    derive_metrics(record.subject, record.measurement);
    data.records.push_back(record);
  }
  const auto table = case_tables(data).at(0);
  EXPECT_TRUE(table.fields.empty());
  EXPECT_THAT(table.speed[0],
              ElementsAre("#", "case", "threads", "n", "time", "FLOP/s", "bytes/s"));
  EXPECT_EQ(table.speed[2][1], label(data.records[1].subject));
}

TEST(RunTable, GivesFieldsATableOfTheirOwnWhereTooManyDiffer) {
  RunWithRecords data = example_data();
  data.records.resize(6);
  data.records[0].subject.model = "/a/very/long/path/to/some/models/that/people/keep/alpha.gguf";
  data.records[1].subject.backend = "./build/lib/another_engine.so";
  data.records[2].subject.threads = 1;
  const auto table = case_tables(data).at(0);
  EXPECT_THAT(table.fields[0], ElementsAre("#", "model", "backend", "depth", "batch", "threads"));
  EXPECT_THAT(table.fields[1][1], ::testing::EndsWith("/that/people/keep/alpha.gguf"));
  EXPECT_EQ(table.fields[2][2], "./build/lib/another_engine.so");
  EXPECT_EQ(table.speed[0][0], "#");
  EXPECT_EQ(table.speed[0].back(), "outcome");
  std::istringstream lines(run_table(data));
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 120U) << line;
}

TEST(RunTable, ShowsTheCountersOfImportedBenchmarks) {
  RunWithRecords data;
  data.run = example_run();
  Case subject;
  subject.workload = "imported";
  subject.name = "BM_Sort/8";
  Record record = example_record(data.run, 0, subject);
  record.measurement = {{}, {{"real_time_ns", 1500}, {"counter:items_per_second", 5.3e6}}};
  data.records = {record};
  const auto table = case_tables(data).at(0);
  EXPECT_EQ(table.title, "Imported benchmarks");
  EXPECT_THAT(table.speed[1], ElementsAre("0", "1.50 us"));
  EXPECT_THAT(table.cost[0], ElementsAre("#", "items_per_second"));
  EXPECT_THAT(table.cost[1], ElementsAre("0", "5300000"));
}

TEST(RunTable, ToleratesAnEnvironmentThatSaysNothing) {
  RunWithRecords data = example_data();
  for (const char* environment :
       {"", "{}", "[1]", "not JSON", R"({"cpu":[]})", R"({"cpu":{"model":5}})"}) {
    data.run.environment = environment;
    EXPECT_THAT(run_table(data), HasSubstr("Machine not known")) << environment;
  }
  data.records.clear();
  EXPECT_THAT(run_table(data), HasSubstr("0 of 9 cases ok"));
}

TEST(RunsTable, ListsRunsWithTheirCounts) {
  EXPECT_EQ(runs_table({}), "No runs yet.\n");
  const auto run = example_run();
  const std::string text = runs_table({{run, 6, 5, 4}});
  EXPECT_THAT(text, HasSubstr(run.id.substr(0, 8) + "  2023-11-14 22:13 UTC  smoke"));
  EXPECT_THAT(text, HasSubstr("5 of 6   4            0123456789 (modified files)"));
}

}  // namespace
}  // namespace ridgepoint
