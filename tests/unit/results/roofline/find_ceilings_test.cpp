// Which stored run of ceilings a case is placed under, and what is said where there is none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "results/report/profile_table.h"
#include "results/roofline/attach_profile.h"
#include "tests/unit/results/example_data.h"
#include "tests/unit/results/roofline/example_roofs.h"

namespace ridgepoint {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kCachedCpu =
    R"({"cpu":{"cache_bytes":{"L3":33554432},"model":"Example CPU"}})";

/// A curve of `load` to so many bytes, with one number of threads.
Record curve_to(double bytes, int threads) {
  nlohmann::json points = nlohmann::json::array();
  for (const double size : {4e3, bytes}) points.push_back({size, 10e9, 9e9, 11e9});
  return roofline::ceiling_record(roofline::level_json("outermost", threads, 10e9, 4e3, bytes),
                                  {{"points", points}});
}

class FindCeilings : public ::testing::Test {
 protected:
  /// Each a day after the one before; its id.
  std::string add_run(const std::string& suite, std::vector<Record> ceilings,
                      const std::string& environment = kCachedCpu) {
    StoredRun run = example_run();
    run.suite = suite;
    run.environment = environment;
    run.environment_hash = std::string(32, static_cast<char>('a' + static_cast<int>(days_)));
    run.started_unix_ns += days_++ * 86'400'000'000'000;
    std::vector<Case> planned;
    for (std::size_t i = 0; i < ceilings.size(); ++i) {
      ceilings[i].id = new_uuid();
      ceilings[i].run_id = run.id;
      ceilings[i].ordinal = static_cast<std::int64_t>(i);
      ceilings[i].subject.name = suite + " " + std::to_string(i);
      planned.push_back(ceilings[i].subject);
    }
    store_.begin_run(run, planned);
    for (const Record& record : ceilings) store_.add_record(record);
    store_.finish_run(run.id, "finished", run.started_unix_ns + 1, "{}");
    return run.id;
  }

  [[nodiscard]] std::optional<StoredCeilings> find(int threads) const {
    return find_ceilings(store_, kCachedCpu, kCeilingsSuite, threads);
  }

  TestFolder folder_;
  Store store_{folder_.path() / "runs.db", OpenMode::read_write};
  std::int64_t days_ = 0;
};

TEST_F(FindCeilings, TakesTheNewestUnderWhichAnyOpCanBePlaced) {
  const auto older = add_run("roofline", {curve_to(1e9, 1), curve_to(1e9, 4)});
  const auto full = add_run("roofline", {curve_to(1e9, 1), curve_to(1e9, 4)});
  EXPECT_EQ(find(4)->run.id, full);
  EXPECT_EQ(find(4)->note, "");
  const auto in_caches = add_run("roofline", {curve_to(1e6, 1), curve_to(1e6, 4)});
  EXPECT_EQ(find(4)->run.id, full);
  EXPECT_THAT(find(4)->note, HasSubstr(in_caches.substr(0, 8)));
  const auto one_thread = add_run("roofline", {curve_to(1e9, 1)});
  EXPECT_EQ(find(1)->run.id, one_thread) << "full for this number of threads";
  EXPECT_EQ(find(4)->run.id, full);
  EXPECT_EQ(find(2)->run.id, full) << "between one and four";
  EXPECT_EQ(find(8)->run.id, one_thread) << "none covers eight: the newest";
  EXPECT_EQ(find(8)->note, "");

  // The profile says which run it is, and that a newer one was passed over.
  const auto profile = make_profile(example_record(example_run(), 0, operator_case()),
                                    example_run(), *find(2), RunPlace::elsewhere);
  ASSERT_TRUE(profile.has_value());
  EXPECT_EQ(profile->ceilings_run, full);
  EXPECT_THAT(profile->note, HasSubstr("are passed over"));
}

TEST_F(FindCeilings, TakesWhatThereIsWhereNoneIsFull) {
  const auto in_caches = add_run("roofline", {curve_to(1e6, 1)});
  EXPECT_EQ(find(4)->run.id, in_caches);
  EXPECT_FALSE(find_ceilings(store_, R"({"cpu":{"model":"Another CPU"}})", kCeilingsSuite, 1));
}

TEST_F(FindCeilings, MissAGpusWhereOnlyTheProcessorsAreThere) {
  add_run("roofline", {curve_to(1e9, 1)});
  Case on_cpu = operator_case(), on_gpu = operator_case();
  on_cpu.backend = "cpu";
  on_gpu.backend = "cuda:device=1";
  EXPECT_THAT(missing_ceilings(store_, kCachedCpu, {on_cpu}), ElementsAre());
  EXPECT_THAT(missing_ceilings(store_, kCachedCpu, {on_cpu, on_gpu}),
              ElementsAre("roofline cuda:1"));
  EXPECT_THAT(error_of([&] { refuse_without_ceilings(store_, "roofline cuda:1"); }),
              HasSubstr("ridgepoint roofline --device cuda:1"));
}

TEST(WhyNoCeilings, SendsNobodyToMeasureAnotherMachineHere) {
  StoredRun run = example_run();
  EXPECT_THAT(why_no_ceilings(run, kCeilingsSuite, RunPlace::here),
              AllOf(HasSubstr("this machine"), HasSubstr("measure them: ridgepoint roofline")));
  EXPECT_THAT(why_no_ceilings(run, kCeilingsSuite, RunPlace::elsewhere),
              AllOf(HasSubstr("that machine (Example CPU @ 2.0 GHz)"), HasSubstr("import"),
                    Not(HasSubstr("this machine"))));
  run.environment = "{}";
  EXPECT_THAT(why_no_ceilings(run, "roofline cuda:0", RunPlace::elsewhere),
              AllOf(HasSubstr("a CPU that is not on record"), HasSubstr("--device cuda:0")));
}

TEST(WhyNotCounted, IsNoMatterOfTheReadersMachine) {
  const StoredRun run = example_run();
  const StoredCeilings ceilings{run, {curve_to(1e9, 1), curve_to(1e9, 4)}};
  const Record record = example_record(run, 0, example_case());
  EXPECT_EQ(make_profile(record, run, ceilings, RunPlace::elsewhere)->provenance.why_not_counted,
            "no op was counted in this run");
}

TEST(WhyNoProfile, SaysFirstWhatBecameOfTheCase) {
  Record record;
  record.subject = example_case();
  record.outcome = Outcome::timed_out;
  record.reason = "it took longer than 0.001 s";
  record.details = R"({"op_times":{"absent":"stopped"}})";
  EXPECT_EQ(why_no_profile(record), "timed_out: it took longer than 0.001 s");
  record.outcome = Outcome::out_of_memory;
  record.details = R"({"roofline":{"absent":"no op was traced"}})";
  EXPECT_EQ(why_no_profile(record), "out_of_memory: it took longer than 0.001 s");
  record.outcome = Outcome::mistrusted;
  record.details = R"({"op_times":{"absent":"switched off"}})";
  EXPECT_EQ(why_no_profile(record), "mistrusted: it took longer than 0.001 s; switched off");
  record.outcome = Outcome::ok;
  EXPECT_EQ(why_no_profile(record), "switched off");
}

}  // namespace
}  // namespace ridgepoint
