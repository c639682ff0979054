#include "results/compare/pool_records.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/results/compare/comparison_data.h"
#include "tests/unit/results/exchange/golden_imports.h"

namespace ridgepoint {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A line of llama-bench's JSONL about one prompt length, with three samples about so many ns.
std::string line_about(int prompt, std::int64_t sample_ns, int second) {
  return fmt::format(
      R"({{"build_commit": "abc", "build_number": 9000, "cpu_info": "CPU", "model_filename": )"
      R"("m.gguf", "n_threads": 8, "n_prompt": {}, "n_gen": 0, "test_time": )"
      R"("2026-01-02T03:04:{:02}Z", "avg_ns": {}, "samples_ns": [ {}, {}, {} ]}})"
      "\n",
      prompt, second, sample_ns, sample_ns - 1000, sample_ns, sample_ns + 1000);
}

/// A file to which four invocations appended a line each, and a fifth one of another test.
std::string appended_lines(double factor) {
  std::string text;
  int second = 0;
  for (const int wiggle : {0, 200'000, -100'000, 100'000}) {
    const double sample_ns = factor * (100'000'000 + wiggle);
    text += line_about(512, static_cast<std::int64_t>(sample_ns), second++);
    if (second == 2) text += line_about(128, 30'000'000, 50);
  }
  return text;
}

class RepeatedRows : public ::testing::Test {
 protected:
  std::string store(const std::string& text, const std::string& label) {
    const ImportSource source{"file", {{"file", text}}};
    RecordStream stream = import_results(source);
    stream.run.label = label;
    store_.merge_run(stream, "file");
    return stream.run.id;
  }
  [[nodiscard]] Comparison compared(const std::string& a, const std::string& b) const {
    return compare(select_sides(store_, a, b, nullptr), {});
  }

  TestFolder folder_;
  Store store_{folder_ / "runs.db", OpenMode::read_write};
};

TEST_F(RepeatedRows, AreRecordsOfTheirOwnInTheStore) {
  const std::string id = store(appended_lines(1), "a");
  const auto records = store_.records(id);
  ASSERT_EQ(records.size(), 5U);
  EXPECT_EQ(case_hash(records[0].subject), case_hash(records[4].subject));
  EXPECT_EQ(records[1].measurement.find("total")->samples,
            (std::vector<std::int64_t>{100'199'000, 100'200'000, 100'201'000}));
  EXPECT_EQ(records[4].started_unix_ns - records[0].started_unix_ns, 3'000'000'000);
}

TEST_F(RepeatedRows, AreWeighedTogetherAndNoneIsLost) {
  const std::string a = store(appended_lines(1), "a"), b = store(appended_lines(1.1), "b");
  for (const auto& [left, right] :
       {std::pair(a, b), std::pair<std::string, std::string>("label:a", "label:b")}) {
    const Comparison comparison = compared(left, right);
    EXPECT_EQ(comparison.cases, 2) << left;
    ASSERT_EQ(comparison.rows.size(), 2U) << left;
    const ComparisonRow& row = comparison.rows[0];
    EXPECT_EQ(row.verdict, Verdict::slower) << row.reason;
    EXPECT_EQ(row.replication.unit, Replication::processes);
    EXPECT_EQ(row.replication.count_a, 4);
    EXPECT_EQ(row.replication.values_b, 12);
    EXPECT_NEAR(row.evidence->ratio, 1.1, 0.002);
    EXPECT_EQ(comparison.rows[1].verdict, Verdict::undecided) << "one row is one process";
    EXPECT_THAT(comparison.notes, ::testing::Contains(HasSubstr("8 rows are of tests that stand")));
    EXPECT_THAT(comparison.b.unmatched, IsEmpty());
  }
}

TEST_F(RepeatedRows, MeetASideThatHasFewerOfThem) {
  const std::string a = store(appended_lines(1), "a");
  const std::string b = store(line_about(512, 110'000'000, 0), "b");
  const Comparison comparison = compared(a, b);
  ASSERT_EQ(comparison.rows.size(), 2U);
  EXPECT_EQ(comparison.rows[0].replication.processes_a, 4);
  EXPECT_EQ(comparison.rows[0].replication.processes_b, 1);
}

TEST(PoolRecords, PutsRowsTogetherWhereTheFirstOneStood) {
  const PooledRecords pooled = pool_records(imported_text(appended_lines(1)).records);
  ASSERT_EQ(pooled.records.size(), 2U);
  const Series* total = pooled.records[0].measurement.find("total");
  ASSERT_NE(total, nullptr);
  EXPECT_EQ(total->samples.size(), 12U);
  EXPECT_THAT(total->process_counts, ElementsAre(3, 3, 3, 3));
  EXPECT_EQ(pooled.records[0].measurement.metrics.at("llama-bench:avg_ns"), 100'050'000);
  EXPECT_EQ(pooled.records[1].ordinal, 2);
  EXPECT_THAT(pooled.stands_for,
              ElementsAre(std::pair(0, 0), std::pair(1, 0), std::pair(3, 0), std::pair(4, 0)));
}

TEST(PoolRecords, LeavesAloneWhatIsNoRepeatedRow) {
  const auto left_alone = [](std::vector<Record> records) {
    const std::size_t count = records.size();
    const PooledRecords pooled = pool_records(std::move(records));
    return pooled.records.size() == count && pooled.stands_for.empty();
  };
  EXPECT_TRUE(left_alone(imported("llama-bench/llama_bench.json").records));
  auto failed = imported_text(appended_lines(1)).records;
  failed[1].outcome = Outcome::failed;
  EXPECT_TRUE(left_alone(failed)) << "which has to be seen by itself";
  auto requests = imported("vllm/detailed.json").records;
  requests.push_back(requests.front());
  EXPECT_TRUE(left_alone(requests)) << "each has a clock of its own";
}

}  // namespace
}  // namespace ridgepoint
