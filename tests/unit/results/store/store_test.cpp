#include "results/store/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <set>
#include <string_view>
#include <utility>

#include "tests/unit/results/example_data.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;

TEST(Store, CreatesItsFolderAndKeepsARunWholly) {
  const TestFolder folder;
  const auto path = folder / "deep/er/runs.db";
  auto run = example_run();
  const std::vector<Case> cases = {example_case(), operator_case()};
  Record model = example_record(run, 0, cases[0]);
  Record op = example_record(run, 1, cases[1]);
  op.outcome = Outcome::wrong;
  op.reason = "relative error 0.5, 1e-5 allowed";
  op.measurement.series = {{"run", "ns", {5, 4, 3}}};
  {
    Store store(path, OpenMode::read_write);
    store.begin_run(run, cases);
    store.add_record(op);
    store.add_record(model);
    store.finish_run(run.id, "finished", run.started_unix_ns + 5, R"({"load":[1]})");
  }
  run.status = "finished";
  run.finished_unix_ns = run.started_unix_ns + 5;
  run.conditions_after = R"({"load":[1]})";
  const Store store(path, OpenMode::read_only);
  EXPECT_EQ(store.schema_version(), schema_migrations().back().version);
  expect_equal(store.whole_run(run.id), {run, {model, op}, {{0, cases[0]}, {1, cases[1]}}});
  expect_equal(store.run(run.id), run);
  EXPECT_EQ(store.check_integrity(), "ok");
  EXPECT_EQ(store.known_cases().size(), 2U);
}

TEST(Store, LeavesSamplesOutWhenAskedTo) {
  const TestFolder folder;
  Store store(folder / "runs.db", OpenMode::read_write);
  const auto run = example_run();
  store.begin_run(run, {example_case()});
  const Record record = example_record(run, 0, example_case());
  store.add_record(record);
  const auto records = store.records(run.id, false);
  ASSERT_EQ(records.size(), 1U);
  EXPECT_TRUE(records[0].measurement.series.empty());
  EXPECT_EQ(records[0].measurement.metrics, record.measurement.metrics);
}

TEST(Store, KeepsValuesThatAreNoNumbersAndTextsWithAnyBytes) {
  const TestFolder folder;
  Store store(folder / "runs.db", OpenMode::read_write);
  const auto run = example_run();
  store.begin_run(run, {example_case()});
  Record record = example_record(run, 0, example_case());
  record.outcome = Outcome::failed;
  record.reason = std::string("stderr said \xff\xfe \0 'quoted'; DROP", 32);
  record.measurement.metrics = {{"check_relative_error", std::numeric_limits<double>::infinity()},
                                {"ttft_ns", std::numeric_limits<double>::quiet_NaN()},
                                {"run_ns", 0.1}};
  store.add_record(record);
  const Record back = store.records(run.id).at(0);
  EXPECT_EQ(back.reason, record.reason);
  EXPECT_EQ(back.measurement.metrics.at("run_ns"), 0.1);
  EXPECT_TRUE(std::isinf(back.measurement.metrics.at("check_relative_error")));
  EXPECT_TRUE(std::isnan(back.measurement.metrics.at("ttft_ns")));
}

TEST(Store, RefusesASecondRecordOfOneCase) {
  const TestFolder folder;
  Store store(folder / "runs.db", OpenMode::read_write);
  const auto run = example_run();
  store.begin_run(run, {example_case()});
  store.add_record(example_record(run, 0, example_case()));
  EXPECT_THAT(error_of([&] { store.add_record(example_record(run, 0, example_case())); }),
              HasSubstr("already has a record of case 0"));
  EXPECT_EQ(store.records(run.id).size(), 1U);
}

TEST(Store, LetsARecordTakeThePlaceOfAnEarlierOne) {
  const TestFolder folder;
  Store store(folder / "runs.db", OpenMode::read_write);
  const auto run = example_run();
  store.begin_run(run, {example_case(), operator_case()});
  const Record earlier = example_record(run, 0, example_case());
  const Record other = example_record(run, 1, operator_case());
  store.add_record(earlier);
  store.add_record(other);
  Record later = example_record(run, 0, example_case());
  later.measurement.series[0].samples.push_back(5);
  later.measurement.series[0].process_counts.push_back(1);
  store.replace_record(earlier.id, later);
  ASSERT_EQ(store.records(run.id).size(), 2U);
  expect_equal(store.record(run.id, 0), later);
  expect_equal(store.record(run.id, 1), other);
  EXPECT_THROW(store.replace_record(earlier.id, example_record(run, 0, example_case())),
               std::logic_error);
  EXPECT_THROW(static_cast<void>(store.record(run.id, 2)), std::out_of_range);
  EXPECT_EQ(store.check_integrity(), "ok");
}

TEST(Store, RefusesProcessesThatDoNotAddUp) {
  const TestFolder folder;
  Store store(folder / "runs.db", OpenMode::read_write);
  const auto run = example_run();
  store.begin_run(run, {example_case()});
  Record record = example_record(run, 0, example_case());
  record.measurement.series[0].process_counts = {1, 1};
  EXPECT_THROW(store.add_record(record), std::logic_error);
}

TEST(Store, TakesMistakesOfItsCallersForBugs) {
  const TestFolder folder;
  Store store(folder / "runs.db", OpenMode::read_write);
  const auto run = example_run();
  store.begin_run(run, {example_case()});
  Record unplanned = example_record(run, 1, example_case());
  EXPECT_THROW(store.add_record(unplanned), std::logic_error);
  Record another_case = example_record(run, 0, operator_case());
  EXPECT_THROW(store.add_record(another_case), std::logic_error);
  Record silent = example_record(run, 0, example_case());
  silent.outcome = Outcome::failed;
  EXPECT_THROW(store.add_record(silent), std::logic_error);
  EXPECT_THROW(store.finish_run(run.id, "done", 1, ""), std::logic_error);
  EXPECT_TRUE(store.records(run.id).empty());
}

TEST(Store, RefusesToBeginTheSameRunTwice) {
  const TestFolder folder;
  Store store(folder / "runs.db", OpenMode::read_write);
  const auto run = example_run();
  store.begin_run(run, {example_case()});
  EXPECT_THAT(error_of([&] { store.begin_run(run, {example_case()}); }),
              HasSubstr("already there"));
}

TEST(Store, ResumesByDroppingWhatWasInterrupted) {
  const TestFolder folder;
  Store store(folder / "runs.db", OpenMode::read_write);
  const auto run = example_run();
  store.begin_run(run, {example_case(1), example_case(2)});
  store.add_record(example_record(run, 0, example_case(1)));
  Record stopped = example_record(run, 1, example_case(2));
  stopped.outcome = Outcome::interrupted;
  stopped.reason = "Ctrl-C";
  store.add_record(stopped);
  store.finish_run(run.id, "interrupted", 7, "{}");
  EXPECT_EQ(store.run(run.id).status, "interrupted");

  store.reopen_run(run.id);
  store.drop_interrupted(run.id);
  EXPECT_EQ(store.run(run.id).status, "running");
  EXPECT_EQ(store.run(run.id).finished_unix_ns, 0);
  ASSERT_EQ(store.records(run.id).size(), 1U);
  store.add_record(example_record(run, 1, example_case(2)));
  EXPECT_EQ(store.records(run.id).size(), 2U);
  EXPECT_EQ(store.check_integrity(), "ok");
}

TEST(Store, SaysWhichRunItDoesNotHave) {
  const TestFolder folder;
  Store store(folder / "runs.db", OpenMode::read_write);
  EXPECT_THAT(error_of([&] { static_cast<void>(store.run("nope")); }), HasSubstr("no run nope"));
  EXPECT_THAT(error_of([&] { store.finish_run("nope", "finished", 1, ""); }),
              HasSubstr("no run nope"));
  EXPECT_THAT(error_of([&] { store.reopen_run("nope"); }), HasSubstr("no run nope"));
}

TEST(Store, ListsTheNewestFirstWithCounts) {
  const TestFolder folder;
  Store store(folder / "runs.db", OpenMode::read_write);
  std::vector<StoredRun> runs;
  for (int i = 0; i < 3; ++i) {
    auto run = example_run();
    run.started_unix_ns += i;
    store.begin_run(run, {example_case(1), example_case(2), example_case(3)});
    store.add_record(example_record(run, 0, example_case(1)));
    Record failed = example_record(run, 2, example_case(3));
    failed.outcome = Outcome::timed_out;
    failed.reason = "600 s were not enough";
    store.add_record(failed);
    runs.push_back(run);
  }
  const auto listed = store.list_runs();
  ASSERT_EQ(listed.size(), 3U);
  EXPECT_EQ(listed[0].run.id, runs[2].id);
  EXPECT_EQ(listed[2].run.id, runs[0].id);
  EXPECT_EQ(listed[0].planned, 3);
  EXPECT_EQ(listed[0].recorded, 2);
  EXPECT_EQ(listed[0].succeeded, 1);
  EXPECT_EQ(listed[0].run.label, runs[2].label);
  EXPECT_EQ(store.list_runs(1).size(), 1U);
}

TEST(Store, KeepsTheFirstAnswer) {
  const TestFolder folder;
  Store store(folder / "runs.db", OpenMode::read_write);
  EXPECT_EQ(store.find_answer("k"), std::nullopt);
  const std::string bytes("\0\xff binary", 9);
  store.put_answer("k", bytes);
  store.put_answer("k", "later");
  store.put_answer("empty", "");
  EXPECT_EQ(store.find_answer("k"), bytes);
  EXPECT_EQ(store.find_answer("empty"), "");
}

TEST(ResolveRun, FindsByIdPrefixLabelAndLatest) {
  const TestFolder folder;
  Store store(folder / "runs.db", OpenMode::read_write);
  auto first = example_run(), second = example_run(), third = example_run();
  first.id = "abcd1234-0000-4000-8000-000000000001";
  second.id = "abcd5678-0000-4000-8000-000000000002";
  third.id = "ffff0000-0000-4000-8000-000000000003";
  first.label = second.label = "base";
  third.label = "";
  second.started_unix_ns += 10;
  third.started_unix_ns += 20;
  for (const auto& run : {first, second, third}) store.begin_run(run, {example_case()});

  EXPECT_EQ(store.resolve_run(first.id), first.id);
  EXPECT_EQ(store.resolve_run("ABCD1234-0000-4000-8000-000000000001"), first.id);
  EXPECT_EQ(store.resolve_run("abcd1"), first.id);
  EXPECT_EQ(store.resolve_run("ffff"), third.id);
  EXPECT_EQ(store.resolve_run("latest"), third.id);
  EXPECT_EQ(store.resolve_run("base"), second.id) << "the newest of a label";

  const std::string ambiguous = error_of([&] { static_cast<void>(store.resolve_run("abcd")); });
  EXPECT_THAT(ambiguous, HasSubstr("more than one run"));
  EXPECT_THAT(ambiguous, HasSubstr("abcd1234"));
  EXPECT_THAT(ambiguous, HasSubstr("abcd5678"));
  const std::string unknown = error_of([&] { static_cast<void>(store.resolve_run("basement")); });
  EXPECT_THAT(unknown, HasSubstr("no run 'basement'"));
  EXPECT_THAT(unknown, HasSubstr("ffff0000"));
  EXPECT_THAT(error_of([&] { static_cast<void>(store.resolve_run("abc")); }),
              HasSubstr("too short"));
  EXPECT_THAT(error_of([&] { static_cast<void>(store.resolve_run("")); }), HasSubstr("no run ''"));
}

TEST(ResolveRun, RefusesALabelThatBeginsAnotherRunsId) {
  const TestFolder folder;
  Store store(folder / "runs.db", OpenMode::read_write);
  auto labelled = example_run(), other = example_run();
  labelled.id = "11110000-0000-4000-8000-000000000001";
  labelled.label = "beef";
  other.id = "beef0000-0000-4000-8000-000000000002";
  store.begin_run(labelled, {example_case()});
  store.begin_run(other, {example_case()});
  EXPECT_THAT(error_of([&] { static_cast<void>(store.resolve_run("beef")); }),
              HasSubstr("is a label and begins another"));
}

TEST(ResolveRun, SaysWhenThereIsNoRunAtAll) {
  const TestFolder folder;
  const Store store(folder / "runs.db", OpenMode::read_write);
  EXPECT_THAT(error_of([&] { static_cast<void>(store.resolve_run("latest")); }),
              HasSubstr("no run in"));
}

TEST(Backup, HoldsEverythingAndNeverOverwrites) {
  const TestFolder folder;
  Store store(folder / "runs.db", OpenMode::read_write);
  const auto run = example_run();
  store.begin_run(run, {example_case()});
  store.add_record(example_record(run, 0, example_case()));
  const auto target = folder / "copy.db";
  store.backup_to(target);
  EXPECT_THAT(error_of([&] { store.backup_to(target); }), HasSubstr("exists already"));
  const Store copy(target, OpenMode::read_only);
  expect_equal(copy.whole_run(run.id), store.whole_run(run.id));
  EXPECT_EQ(copy.check_integrity(), "ok");
  EXPECT_THROW(store.backup_to(folder / "no/such/folder/copy.db"), Error);
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    EXPECT_EQ(entry.path().string().find("unfinished"), std::string::npos) << entry.path();
  }
}

TEST(DatabasePath, FollowsTheXdgRules) {
  const auto with = [](const char* data, const char* home) {
    const auto put = [](const char* name, const char* value) {
      if (value == nullptr) {
        ::unsetenv(name);
      } else {
        ::setenv(name, value, 1);
      }
    };
    put("XDG_DATA_HOME", data);
    put("HOME", home);
    return default_database_path();
  };
  EXPECT_EQ(with("/data", "/home/x"), "/data/ridgepoint/ridgepoint.db");
  EXPECT_EQ(with(nullptr, "/home/x"), "/home/x/.local/share/ridgepoint/ridgepoint.db");
  EXPECT_EQ(with("relative", "/home/x"), "/home/x/.local/share/ridgepoint/ridgepoint.db");
  EXPECT_EQ(with("", "/home/x"), "/home/x/.local/share/ridgepoint/ridgepoint.db");
  EXPECT_THAT(error_of([&] { with(nullptr, nullptr); }), HasSubstr("--db"));
}

TEST(NewUuid, IsAVersion4UuidAndNewEachTime) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = new_uuid();
    ASSERT_EQ(id.size(), 36U) << id;
    for (std::size_t at = 0; at < id.size(); ++at) {
      const bool dash = at == 8 || at == 13 || at == 18 || at == 23;
      const std::string_view allowed = dash       ? "-"
                                       : at == 14 ? "4"
                                       : at == 19 ? "89ab"
                                                  : "0123456789abcdef";
      EXPECT_NE(allowed.find(id[at]), std::string_view::npos) << id;
    }
    EXPECT_TRUE(seen.insert(id).second);
  }
}

}  // namespace
}  // namespace ridgepoint
