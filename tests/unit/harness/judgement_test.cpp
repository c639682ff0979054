#include "harness/run/judgement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "results/metric.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

Record measured(std::vector<std::int64_t> samples, std::vector<std::int64_t> counts) {
  Record record;
  record.subject.workload = "op";
  record.subject.op = "add";
  record.measurement.series = {{"run", "ns", std::move(samples), std::move(counts)}};
  return record;
}

std::vector<std::int64_t> quiet(std::size_t count) {
  std::mt19937_64 random(2);
  std::vector<std::int64_t> samples;
  for (std::size_t i = 0; i < count; ++i) {
    samples.push_back(1'645'000 + static_cast<std::int64_t>(random() % 10'000));
  }
  return samples;
}

TEST(Judgement, SaysWhatWasAskedForAndReachedAndWhyItStopped) {
  auto record = measured(quiet(300), {100, 100, 100});
  Json details = Json::object();
  judge_record(record, details, {}, "precision");
  EXPECT_EQ(record.outcome, Outcome::ok);
  const Json& stopping = details["stopping"];
  EXPECT_EQ(stopping["asked_percent"], 1.0);
  EXPECT_EQ(stopping["processes"], 3);
  EXPECT_EQ(stopping["ended_by"], "precision");
  EXPECT_EQ(stopping["series"], "run");
  EXPECT_EQ(stopping["reached_percent"], record.measurement.metrics.at("precision_percent"));
  EXPECT_LE(stopping["interval_ns"][0].get<double>(), stopping["median_ns"].get<double>());
  EXPECT_GE(stopping["interval_ns"][1].get<double>(), stopping["median_ns"].get<double>());
  EXPECT_EQ(details["stationarity"]["found"], "nothing");
  EXPECT_FALSE(details["noise"]["noisy"]);
}

TEST(Judgement, SaysWhyThereIsNoInterval) {
  auto record = measured(quiet(20), {});
  Json details = Json::object();
  judge_record(record, details, {}, "alone");
  EXPECT_TRUE(details["stopping"]["reached_percent"].is_null());
  EXPECT_THAT(details["stopping"]["why_no_interval"].get<std::string>(), HasSubstr("whole budget"));
  EXPECT_FALSE(record.measurement.metrics.contains("precision_percent"));
}

TEST(Judgement, MistrustsTwoLevelsAndNamesThem) {
  auto samples = quiet(701);
  for (std::size_t i = 412; i < samples.size(); ++i) samples[i] += 3'450'000;
  auto record = measured(samples, {701});
  Json details = Json::object();
  judge_record(record, details, {}, "one process");
  EXPECT_EQ(record.outcome, Outcome::mistrusted);
  EXPECT_THAT(record.reason, HasSubstr("two levels: 1.65 ms (samples 0 to "));
  EXPECT_THAT(record.reason, HasSubstr(" and 5.10 ms (samples 41"));
  EXPECT_THAT(record.reason, HasSubstr(" to 700, 41 %)"));
  EXPECT_EQ(details["stationarity"]["levels"].size(), 2U);
  EXPECT_EQ(record.measurement.series[0].samples, samples) << "the samples stay as they were";

  RunOptions off;
  off.stationarity = false;
  record.outcome = Outcome::ok;
  judge_record(record, details, off, "one process");
  EXPECT_EQ(record.outcome, Outcome::ok);
  EXPECT_FALSE(details["stationarity"]["judged"]);
}

TEST(Judgement, LeavesWorseOutcomesAsTheyAre) {
  auto samples = quiet(701);
  for (std::size_t i = 412; i < samples.size(); ++i) samples[i] *= 3;
  auto record = measured(samples, {});
  record.outcome = Outcome::wrong;
  record.reason = "fast";
  Json details = Json::object();
  judge_record(record, details, {}, "one process");
  EXPECT_EQ(record.outcome, Outcome::wrong);
  EXPECT_EQ(record.reason, "fast");
  EXPECT_EQ(details["stationarity"]["found"], "levels");
}

TEST(Judgement, CountsHowOftenASeriesFlips) {
  auto samples = quiet(3000);
  for (const std::size_t from : {500U, 1500U}) {
    for (std::size_t i = from; i < from + 400; ++i) samples[i] *= 3;
  }
  auto record = measured(samples, {1000, 1000, 1000});
  Json details = Json::object();
  judge_record(record, details, {}, "budget");
  EXPECT_THAT(record.reason,
              HasSubstr("flips 4 times between two levels: 1.65 ms (first samples "));
}

TEST(Judgement, CallsACaseNoisyByItsCountersOrByWhatItDidNotReach) {
  auto wide = measured({100, 100, 130, 130, 160, 160}, {2, 2, 2});
  Json details = Json::object();
  judge_record(wide, details, {}, "budget");
  EXPECT_TRUE(details["noise"]["noisy"]);
  EXPECT_THAT(details["noise"]["why"].get<std::string>(), HasSubstr("of the ±1 % asked for"));
  wide.details = details.dump();
  EXPECT_TRUE(wants_remeasuring(wide, {}));
  RunOptions off;
  off.remeasure_noisy = false;
  EXPECT_FALSE(wants_remeasuring(wide, off));
  details["remeasured"] = Json::object();
  wide.details = details.dump();
  EXPECT_FALSE(wants_remeasuring(wide, {})) << "once is enough";

  auto contaminated = measured(quiet(300), {100, 100, 100});
  contaminated.measurement.series.push_back({"batch.samples", "1", {100, 100, 100}, {1, 1, 1}});
  contaminated.measurement.series.push_back({"batch.major_faults", "1", {0, 2, 0}, {1, 1, 1}});
  details = Json::object();
  judge_record(contaminated, details, {}, "precision");
  EXPECT_TRUE(details["noise"]["noisy"]);
  EXPECT_EQ(details["contamination"]["by"]["major faults"], 1);
}

TEST(Judgement, RefusesNothingThatDetailsMayHold) {
  Record record;
  for (const char* details : {"", "[]", "nonsense", "{\"noise\":3}", "{\"noise\":{\"noisy\":1}}"}) {
    record.details = details;
    EXPECT_FALSE(wants_remeasuring(record, {})) << details;
  }
}

}  // namespace
}  // namespace ridgepoint
