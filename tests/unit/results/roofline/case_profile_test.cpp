#include "results/roofline/case_profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "results/op_family.h"
#include "results/report/explanation.h"
#include "results/report/profile_table.h"
#include "results/roofline/op_groups.h"
#include "tests/unit/results/example_data.h"
#include "tests/unit/results/roofline/example_roofs.h"

namespace ridgepoint::roofline {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

OpTime product(const std::string& phase, const std::string& op_id, std::int64_t time_ns,
               double flops, double weights) {
  return {.phase = phase,
          .op_id = op_id,
          .op = "matrix_product",
          .time_ns = time_ns,
          .passes = 9,
          .work_flops = flops,
          .work_bytes = weights,
          .weight_bytes = weights,
          .weight_type = "q8_0",
          .low_ns = time_ns,
          .high_ns = time_ns};
}

/// Decoding: two products of 40 MB, near their roof, of 5.3 ms a token in all.
Record decoding_record() {
  Record record = example_record(example_run(), 0, example_case());
  record.measurement.metrics = {
      {"tpot_ns", 5e6}, {"trace_overhead", 1.02}, {"precision_percent", 1.0}};
  record.measurement.op_times = {product("decode", "layer.0.ffn.up", 2'500'000, 80e6, 40e6),
                                 product("decode", "layer.1.ffn.up", 2'500'000, 80e6, 40e6),
                                 {.phase = "decode",
                                  .op_id = "",
                                  .op = std::string(kNotAttributed),
                                  .time_ns = 300'000,
                                  .passes = 9}};
  return record;
}

/// As ProfileOf gives it.
Reading<CaseProfile> example_profile_of(const Record& record) {
  return Reading<CaseProfile>::of(
      profile_of(record, example_roofs(), 50, "there is no PMU").value());
}

CaseProfile decoding_profile() {
  return profile_of(decoding_record(), example_roofs(), 50, "there is no PMU").value();
}

TEST(CaseProfile, SetsCountedBytesBesideThoseThatAreCompulsory) {
  Record record = decoding_record();
  record.details = R"({"op_times": {"gpu": {"counted": {"phases": {"decode": {
      "layer.0.ffn.up": {"dram_read_bytes": 43e6, "dram_write_bytes": 1e6, "l2_bytes": 50e6},
      "layer.9.unknown": {"dram_read_bytes": 1e12, "dram_write_bytes": 0}}}}}}})";
  const auto profile = profile_of(record, example_roofs(), 50, "there is no PMU").value();
  const ProfiledPhase& phase = profile.phases[0];
  // Of the op that was counted alone: 44 MB of 40.
  ASSERT_TRUE(phase.amplification.has_value());
  EXPECT_NEAR(phase.amplification->value, 1.1, 1e-9);
  EXPECT_EQ(phase.ops[0].counted.at("l2_bytes"), 50e6);
  EXPECT_TRUE(phase.ops[1].counted.empty());
  EXPECT_TRUE(profile.provenance.why_not_counted.empty());
  const auto again = profile_from_json(to_json(profile)).value();
  EXPECT_EQ(again.phases[0].ops[0].counted, phase.ops[0].counted);
}

TEST(CaseProfile, SaysWhyAGpusCountersAreAbsent) {
  Record record = decoding_record();
  record.details = R"({"op_times": {"gpu": {"counted": {"absent": "no permission"}}}})";
  const auto profile = profile_of(record, example_roofs(), 50, "there is no PMU").value();
  EXPECT_EQ(profile.provenance.why_not_counted, "no permission");
  EXPECT_FALSE(profile.phases[0].amplification.has_value());
}

/// As a processor's counters say it (harness/run/cpu_counting.h).
Record counted_on_cpu_record() {
  Record record = decoding_record();
  record.details = R"({"op_times": {"cpu": {"counted": {
      "phases": {"decode": {
          "layer.0.ffn.up": {"llc_miss_bytes": 50e6, "flops": 8e6, "page_faults": 3},
          "layer.1.ffn.up": {"page_faults": 1}}},
      "figures": [
          {"meaning": "llc_miss_bytes", "says": "misses of 64 bytes", "leaves_out": "writes",
           "events": [{"name": "m", "factor": 64, "counted_share": 0.5}]},
          {"meaning": "flops", "says": "instructions times lanes",
           "events": [{"name": "f", "factor": 8, "counted_share": 1}]},
          {"meaning": "page_faults", "says": "page faults", "events": []}],
      "memory_controllers": {"of": "the whole machine",
          "phases": {"decode": {"dram_read_bytes": 90e6, "dram_write_bytes": 1e6}}}}}}})";
  return record;
}

TEST(CaseProfile, TakesWhatAProcessorCountedAsItTakesAGpus) {
  const auto profile =
      profile_of(counted_on_cpu_record(), example_roofs(), 50, "there is no PMU").value();
  const ProfiledPhase& phase = profile.phases[0];
  ASSERT_TRUE(phase.amplification.has_value());
  EXPECT_NEAR(phase.amplification->value, 50.0 / 40, 1e-9);
  EXPECT_EQ(phase.counted_flops, 8e6);
  EXPECT_EQ(amplification_of(phase.ops[0]), 50.0 / 40);
  EXPECT_FALSE(amplification_of(phase.ops[1]).has_value());
  EXPECT_EQ(phase.controllers.at("dram_read_bytes"), 90e6);
  EXPECT_TRUE(profile.provenance.why_not_counted.empty());
  EXPECT_EQ(profile.provenance.counted_bytes,
            "misses of 64 bytes (without writes), counted for 50 % of the time and scaled");
  EXPECT_EQ(profile.provenance.counted_flops, "instructions times lanes");
  EXPECT_EQ(profile.provenance.bytes, "analytic") << "ops are placed by what they must do";
  const auto json = to_json(profile);
  EXPECT_EQ(to_json(profile_from_json(json).value()), json);
}

TEST(CaseProfile, SaysWhyAProcessorsCountersAreAbsent) {
  Record record = decoding_record();
  record.details = R"({"op_times": {"cpu": {"counted": {"bytes_absent": "libpfm4 is missing",
      "flops_absent": "libpfm4 is missing", "phases": {"decode": {
          "layer.0.ffn.up": {"page_faults": 3}}}}}}})";
  const auto profile = profile_of(record, example_roofs(), 50, "not asked").value();
  EXPECT_EQ(profile.provenance.why_not_counted, "libpfm4 is missing");
  EXPECT_FALSE(profile.phases[0].amplification.has_value());
  EXPECT_EQ(profile.phases[0].ops[0].counted.at("page_faults"), 3);
  const auto back = profile_from_json(to_json(profile)).value();
  EXPECT_EQ(back.provenance.why_no_flops, "libpfm4 is missing");
}

TEST(ProfileTable, ShowsWhatWasCountedBesideWhatMustBeDone) {
  RunWithRecords data{example_run(), {counted_on_cpu_record()}, {}};
  const auto text = profile_table(data, 5, example_profile_of);
  EXPECT_THAT(text, AllOf(HasSubstr("counted bytes: misses of 64 bytes (without writes)"),
                          HasSubstr("1.25 times the compulsory bytes"), HasSubstr("over least"),
                          HasSubstr("8.00 MFLOP"),
                          HasSubstr("memory controllers, of the whole machine: dram_read_bytes")));
  EXPECT_THAT(
      explanation(data.records[0], profile_of(data.records[0], example_roofs(), 50, "").value()),
      AllOf(HasSubstr("1.25 times the compulsory bytes counted"),
            HasSubstr("counted bytes: misses of 64 bytes")));
}

TEST(CaseProfile, PlacesEachOpWithoutWhatTracingAdds) {
  const auto profile = decoding_profile();
  ASSERT_EQ(profile.phases.size(), 1U);
  const ProfiledPhase& phase = profile.phases[0];
  ASSERT_EQ(phase.ops.size(), 2U);
  EXPECT_NEAR(phase.trace_overhead, 1.06, 1e-9) << "5.3 of 5 ms";
  EXPECT_NEAR(phase.ops[0].time_ns.value, 2.5e6 / 1.06, 1);
  EXPECT_EQ(phase.ops[0].time_ns.high, 2.5e6);
  EXPECT_NEAR(phase.ops[0].share, 2.5 / 5.3, 1e-9);
  EXPECT_EQ(phase.ops[0].placed.bound, Bound::memory);
  EXPECT_EQ(phase.pass_bytes, 80e6);
  EXPECT_EQ(phase.not_attributed_ns, 300'000);
  EXPECT_NEAR(phase.shares.at("memory"), 5 / 5.3, 1e-9);
  EXPECT_NEAR(phase.shares.at("overhead"), 0.3 / 5.3, 1e-9);
  EXPECT_NEAR(phase.at_roof_ns, 4e6, 1);
}

TEST(CaseProfile, TakesOffWhatTracingCostsInThatPhaseAlone) {
  Record record = decoding_record();
  record.measurement.metrics["ttft_ns"] = 10e6;
  // As the longer prefill makes it; a decode step has its own, 1.06.
  record.measurement.metrics["trace_overhead"] = 1.9;
  record.measurement.op_times.insert(record.measurement.op_times.begin(),
                                     product("prefill", "layer.0.ffn.up", 20'000'000, 8e9, 40e6));
  const auto profile = profile_of(record, example_roofs(), 50, "").value();
  ASSERT_EQ(profile.phases.size(), 2U);
  EXPECT_NEAR(profile.phases[0].trace_overhead, 2, 1e-9);
  EXPECT_NEAR(profile.phases[0].ops[0].time_ns.value, 10e6, 1);
  EXPECT_NEAR(profile.phases[1].ops[0].time_ns.value, 2.5e6 / 1.06, 1);
  EXPECT_EQ(profile.phases[1].mistrusted, 0) << "at 1.9 it would be above its roof";
  const auto again = profile_from_json(to_json(profile)).value();
  EXPECT_EQ(again.phases[0].trace_overhead, profile.phases[0].trace_overhead);
}

TEST(CaseProfile, SaysWhereTheCeilingsEndBeforeThePassDoes) {
  Roofs roofs = example_roofs();
  roofs.curves[0].points.resize(2);
  roofs.curves[0].levels = {{"outermost", 4e3, 1e6, roofs.curves[0].points[0].bytes_per_second}};
  roofs.largest_cache_bytes = 32e6;
  const auto profile = profile_of(decoding_record(), roofs, 50, "").value();
  EXPECT_THAT(profile.note,
              AllOf(HasSubstr("no roof of memory"), HasSubstr("ridgepoint roofline")));
  EXPECT_FALSE(profile.phases[0].mbu.has_value());
  EXPECT_EQ(profile.phases[0].ops[0].placed.bound, Bound::ambiguous);
  EXPECT_EQ(profile.phases[0].ops[0].placed.bound_by, "ambiguous: memory or latency");
}

TEST(CaseProfile, HasUtilisationsOfTheUntracedPhase) {
  const ProfiledPhase phase = decoding_profile().phases[0];
  // 80 MB in 5 ms are 16 of 20 GB/s; 160 MOP are 32 of 800 GOP/s.
  EXPECT_NEAR(phase.mbu->value, 0.8, 1e-9);
  EXPECT_NEAR(phase.mbu->low, 0.8 / 1.01 / 1.05, 1e-9);
  EXPECT_NEAR(phase.mfu->value, 0.04, 1e-9);
  EXPECT_EQ(phase.level, "the outermost level");
  EXPECT_EQ(phase.peak, "avx512 int8 vpdpbusd");
}

TEST(CaseProfile, ComesBackFromJson) {
  const auto profile = decoding_profile();
  const auto json = to_json(profile);
  const auto back = profile_from_json(nlohmann::json::parse(json.dump()));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(to_json(*back), json);
  EXPECT_EQ(json["provenance"]["bytes"], "analytic");
  EXPECT_EQ(json["provenance"]["counted_absent"], "there is no PMU");
}

TEST(CaseProfile, OfOtherJsonIsNone) {
  for (const char* text : {"3", "{}", R"({"absent":"x"})", R"({"phases":3})",
                           R"({"phases":[{"name":1}],"ceilings_run":"a","ceilings_unix_ns":1,
                               "provenance":{"bytes":"a","flops":"b"}})"}) {
    EXPECT_FALSE(profile_from_json(nlohmann::json::parse(text)).has_value()) << text;
  }
}

TEST(CaseProfile, NeedsTracedOps) {
  Record record = decoding_record();
  record.measurement.op_times.clear();
  EXPECT_FALSE(profile_of(record, example_roofs(), 50, "").has_value());
}

TEST(CaseProfile, PutsTheSameOpOfAllLayersTogether) {
  const auto groups = grouped(decoding_profile().phases[0]);
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_EQ(groups[0].name, "layer.*.ffn.up");
  EXPECT_EQ(groups[0].count, 2U);
  EXPECT_EQ(groups[0].unit, "bytes/s");
  EXPECT_NEAR(groups[0].attained.value, 80e6 / (5e-3 / 1.06), 1e3);
  EXPECT_EQ(groups[0].bound_by, "memory (the outermost level)");
}

TEST(ProfileTable, ShowsEachOpAgainstItsRoofOrWhyThereIsNone) {
  RunWithRecords data{example_run(), {decoding_record()}, {}};
  const auto text = profile_table(data, 5, example_profile_of);
  EXPECT_THAT(text, AllOf(HasSubstr("5.00 ms untraced, traced 1.060 times that"),
                          HasSubstr("bytes from"), HasSubstr("the outermost level: 80.0 MB")));
  EXPECT_THAT(text, AllOf(HasSubstr("layer.*.ffn.up x2"), HasSubstr("MBU 75 to 85 %"),
                          HasSubstr("memory (the outermost level)"),
                          HasSubstr("counted: absent, there is no PMU"),
                          HasSubstr("1.020 times an untraced one")));
  EXPECT_THAT(
      profile_table(data, 5,
                    [](const Record&) { return Reading<CaseProfile>::absent("no ceilings"); }),
      HasSubstr("no profile: no ceilings"));
}

TEST(Explanation, SaysInFewLinesWhatLimitsAndWhatWouldHelp) {
  const auto text = explanation(decoding_record(), decoding_profile());
  EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 10) << text;
  EXPECT_THAT(text, HasSubstr("decode takes 5.00 ms (200 tokens/s)"));
  EXPECT_THAT(text, HasSubstr("94 % memory, 6 % overhead"));
  EXPECT_THAT(text, HasSubstr("by the level they come from: the outermost level: 80.0 MB"));
  // 0.3 ms + 2 x 2.45 ms become 0.3 ms + 2 x 1.225 ms.
  EXPECT_THAT(text, HasSubstr("weights of half the bytes: 1.89 times as fast at the most"));
  EXPECT_THAT(text, HasSubstr("up to about 20 sequences"));
}

TEST(Explanation, TellsCasesApartThatDifferInTheBackend) {
  Record record = decoding_record();
  record.ordinal = 3;
  record.subject.backend = "quantized";
  const auto text = explanation(record, decoding_profile());
  EXPECT_EQ(text.substr(0, text.find('\n')), "3  " + label(record.subject) + ", quantized");
}

TEST(Explanation, CautionsWhereAPhaseWasTracedUnderOtherConditions) {
  Record record = decoding_record();
  EXPECT_THAT(explanation(record, decoding_profile()), ::testing::Not(HasSubstr("traced it took")))
      << "1.06 times";
  for (const auto& [untraced_ns, ratio] : {std::pair(12e6, "0.442"), std::pair(2e6, "2.650")}) {
    record.measurement.metrics["tpot_ns"] = untraced_ns;
    auto profile = profile_of(record, example_roofs(), 50, "").value();
    profile.note = "ceilings of another day";
    EXPECT_THAT(explanation(record, profile),
                AllOf(HasSubstr(std::string("traced it took ") + ratio + " times"),
                      HasSubstr("as a hint"), HasSubstr("note: ceilings of another day")));
  }
}

TEST(Explanation, NamesWhatIsMistrusted) {
  Record record = decoding_record();
  record.measurement.op_times[0].time_ns = 1'500'000;
  record.measurement.op_times[0].low_ns = record.measurement.op_times[0].high_ns = 1'500'000;
  const auto profile = profile_of(record, example_roofs(), 50, "").value();
  EXPECT_EQ(profile.phases[0].mistrusted, 1);
  EXPECT_THAT(explanation(record, profile), HasSubstr("1 op above the roof, mistrusted"));
}

}  // namespace
}  // namespace ridgepoint::roofline
