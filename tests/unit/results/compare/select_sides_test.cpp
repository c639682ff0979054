#include "results/compare/select_sides.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/results/compare/comparison_data.h"

namespace ridgepoint {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SelectSides : public ::testing::Test {
 protected:
  SelectSides() : store_(folder_ / "runs.db", OpenMode::read_write) {}

  /// Stores op cases of these backends, one ordinal each; returns the id of the run.
  std::string store(const std::string& label, const std::string& commit,
                    const std::vector<std::string>& backends) {
    RunWithRecords data = finished_run(label);
    data.run.git_commit = commit;
    data.run.started_unix_ns += std::int64_t{1'000'000'000} * ++runs_;
    std::vector<Case> cases;
    for (const std::string& backend : backends) {
      Case subject = operator_case();
      subject.backend = backend;
      cases.push_back(subject);
    }
    store_.begin_run(data.run, cases);
    for (std::size_t i = 0; i < cases.size(); ++i) {
      store_.add_record(
          op_record(data.run, static_cast<std::int64_t>(i), cases[i], timed("run", 1e6, i, 1, 20)));
    }
    return data.run.id;
  }

  [[nodiscard]] SelectedSides select(std::string_view a, std::string_view b) const {
    return select_sides(store_, a, b, [](std::string_view ref) -> std::optional<std::string> {
      if (ref == "main") return std::string(40, 'a');
      if (ref == "old") return std::string(40, 'f');
      return std::nullopt;
    });
  }

  /// "backend of run label" of each record.
  static std::vector<std::string> told(const SelectedSides& sides, const SelectedSide& side) {
    std::vector<std::string> result;
    for (const SideRecord& entry : side.records) {
      const RunWithRecords& data = sides.runs[entry.run];
      result.push_back(data.records[entry.record].subject.backend + " of " + data.run.label);
    }
    return result;
  }

  TestFolder folder_;
  Store store_;
  int runs_ = 0;
};

TEST_F(SelectSides, TakesRunsByIdAndLabel) {
  const std::string id = store("first", "", {"null"});
  store("second", "", {"null"});
  const SelectedSides sides = select(id.substr(0, 13), "second");
  EXPECT_THAT(told(sides, sides.a), ElementsAre("null of first"));
  EXPECT_THAT(told(sides, sides.b), ElementsAre("null of second"));
  EXPECT_TRUE(sides.a.whole_runs);
  EXPECT_THAT(sides.free_fields, IsEmpty());
}

TEST_F(SelectSides, TakesTheNewestRecordsOfACommit) {
  store("one", std::string(40, 'a'), {"null", "reference"});
  store("two", std::string(40, 'a'), {"null"});
  store("three", "b" + std::string(39, '0'), {"null"});
  const SelectedSides by_ref = select("main", "three");
  EXPECT_THAT(told(by_ref, by_ref.a), ElementsAre("null of two", "reference of one"));
  const SelectedSides by_prefix = select("aaaa", "commit:b000");
  EXPECT_THAT(told(by_prefix, by_prefix.a), ElementsAre("null of two", "reference of one"));
  EXPECT_THAT(told(by_prefix, by_prefix.b), ElementsAre("null of three"));
}

TEST_F(SelectSides, SaysWhatACommitWithoutARunNeeds) {
  store("one", std::string(40, 'a'), {"null"});
  EXPECT_THAT(error_of([&] { return select("one", "old"); }),
              AllOf(HasSubstr("'old' is commit ffffffffff"), HasSubstr("no run")));
  EXPECT_THAT(error_of([&] { return select("one", "nothing"); }),
              AllOf(HasSubstr("nothing"), HasSubstr("git ref")));
}

TEST_F(SelectSides, FreesTheFieldThatBothSidesFilterDifferently) {
  store("both", "", {"null", "reference"});
  const SelectedSides sides = select("backend:reference", "backend:null");
  EXPECT_THAT(told(sides, sides.a), ElementsAre("reference of both"));
  EXPECT_THAT(told(sides, sides.b), ElementsAre("null of both"));
  EXPECT_EQ(sides.runs.size(), 1U) << "one run, read once";
  EXPECT_THAT(sides.free_fields, ElementsAre("backend"));
  const Comparison comparison = compare(sides, {});
  EXPECT_EQ(comparison.cases, 1);
  EXPECT_EQ(comparison.free_fields, sides.free_fields);
}

TEST_F(SelectSides, KeepsAFieldThatOneSideFiltersOnly) {
  store("one", "", {"null", "reference"});
  store("two", "", {"null", "reference"});
  const SelectedSides sides = select("label:one", "label:two backend:null");
  EXPECT_THAT(sides.free_fields, IsEmpty());
  EXPECT_EQ(compare(sides, {}).cases, 1);
}

TEST_F(SelectSides, RestrictsFiltersToARun) {
  const std::string id = store("one", "", {"null", "reference"});
  store("two", "", {"null", "reference"});
  const SelectedSides sides =
      select("run:" + id + ",backend:null", "run:" + id + ",backend:reference");
  EXPECT_THAT(told(sides, sides.a), ElementsAre("null of one"));
  EXPECT_THAT(told(sides, sides.b), ElementsAre("reference of one"));
}

TEST_F(SelectSides, FiltersByMachine) {
  store("one", "", {"null"});
  const SelectedSides sides = select("cpu:example", "machine:2.0");
  EXPECT_EQ(sides.a.records.size(), 1U);
  EXPECT_THAT(error_of([&] { return select("cpu:epyc", "latest"); }), HasSubstr("fits no record"));
}

TEST_F(SelectSides, RefusesCasesThatAFreeFieldMakesOne) {
  store("mixed", "", {"null", "null:latency_ns=5", "reference"});
  EXPECT_THAT(error_of([&] { return compare(select("backend:null", "backend:reference"), {}); }),
              AllOf(HasSubstr("A: "), HasSubstr("more than once"), HasSubstr("backend")));
}

}  // namespace
}  // namespace ridgepoint
