#include "harness/ab/arm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "harness/ab/command_arm.h"
#include "harness/ab/match_figures.h"
#include "tests/support/temporary_folder.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::atomic<bool> kNeverAsked{false};

std::string refusal_of(std::string_view spec, const ArmOptions& options = {}) {
  try {
    parse_arm(spec, options)->run(kNeverAsked);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Arm, OfAKindThatDoesNotExistNamesThoseThatDo) {
  EXPECT_THAT(refusal_of("cdm:ls"), HasSubstr("did you mean 'cmd'"));
  EXPECT_THAT(refusal_of("ls"), HasSubstr("run:OPTIONS, build:DIR OPTIONS"));
  EXPECT_TRUE(is_arm("gbench:x"));
  EXPECT_FALSE(is_arm("build/bench --x:y"));
}

TEST(Arm, OfACommandTakesItsWallTime) {
  const auto slice = parse_arm("cmd:sleep 0.03", {})->run(kNeverAsked);
  ASSERT_EQ(slice.values.size(), 1u);
  EXPECT_EQ(slice.values[0].name, "wall time");
  EXPECT_GE(slice.values[0].value, 30e6);
  EXPECT_EQ(slice.values[0].unit, "ns");
}

TEST(Arm, OfACommandTakesTheNumberThatItPrints) {
  ArmOptions options;
  options.number_after = "speed:";
  options.unit = "tokens/s";
  options.more_is_better = true;
  const auto slice =
      parse_arm("cmd:printf 'speed: 3.5 tok/s\\nspeed: 1 tok/s\\nspeed: 2e1 tok/s\\n'", options)
          ->run(kNeverAsked);
  ASSERT_EQ(slice.values.size(), 1u);
  EXPECT_EQ(slice.values[0].value, 3.5);
  EXPECT_EQ(slice.values[0].least, 20);  // the best, as more is better
  EXPECT_TRUE(slice.values[0].more_is_better);
  EXPECT_EQ(slice.values[0].printed_unit, "tok/s");
}

TEST(Arm, OfACommandRefusesNumbersInSeveralUnits) {
  ArmOptions options;
  options.number_after = "t:";
  EXPECT_THAT(refusal_of("cmd:printf 't: 950 us\\nt: 1.1 ms\\n'", options),
              HasSubstr("950 with 'us' and 1.1 with 'ms' after 't:'"));
  EXPECT_EQ(refusal_of("cmd:printf 't: 950us\\nt: 1.1 us\\n'", options), "");
}

/// A Google Benchmark program, as far as the arm can tell.
std::string fake_benchmark(const TemporaryFolder& folder, const std::string& entries) {
  const auto path = folder.file("bench.sh");
  std::ofstream(path) << "#!/bin/sh\nfor a in \"$@\"; do case $a in --benchmark_out=*) "
                         "out=${a#*=};; esac; done\necho '{\"benchmarks\":["
                      << entries << "]}' > $out\n";
  return "gbench:/bin/sh " + path;
}

TEST(Arm, OfGoogleBenchmarkKeepsTheBestOfItsRepetitions) {
  const TemporaryFolder folder;
  const auto entry = [](int time) {
    return "{\"name\":\"x\",\"run_type\":\"iteration\",\"iterations\":10,\"real_time\":" +
           std::to_string(time) + ",\"cpu_time\":1,\"time_unit\":\"ns\"}";
  };
  const auto slice =
      parse_arm(fake_benchmark(folder, entry(120) + "," + entry(90) + "," + entry(100)), {})
          ->run(kNeverAsked);
  ASSERT_EQ(slice.values.size(), 1u);
  EXPECT_EQ(slice.values[0].value, 100);
  EXPECT_EQ(slice.values[0].least, 90);
  EXPECT_GT(slice.cpu_ns, 0);
}

TEST(Arm, ThatFailsSaysSoWithItsLastWords) {
  EXPECT_THAT(refusal_of("cmd:echo no such model; exit 2"),
              HasSubstr("failed (exit code 2); its last words: no such model"));
  ArmOptions options;
  options.number_after = "speed:";
  EXPECT_THAT(refusal_of("cmd:echo nothing", options), HasSubstr("printed no number after"));
  EXPECT_THAT(refusal_of("cmd:echo speed: 0", options), HasSubstr("above 0"));
  EXPECT_THAT(refusal_of("cmd:  "), HasSubstr("a command is missing"));
  EXPECT_THAT(refusal_of("gbench:/bin/echo hi"), HasSubstr("wrote no Google Benchmark report"));
  EXPECT_THAT(refusal_of("build:/nowhere"), HasSubstr("/nowhere/bin/ridgepoint"));
  EXPECT_THAT(refusal_of("run:--db x.db"), HasSubstr("leave --db out"));
}

std::vector<double> values_after(std::string_view output, std::string_view pattern) {
  std::vector<double> values;
  for (const auto& number : numbers_after(output, pattern)) values.push_back(number.value);
  return values;
}

TEST(NumbersAfter, FindsEachNumberAndSkipsWhatIsNone) {
  EXPECT_THAT(values_after("t=1.5 t = 2, t: x t 3e2", "t"), ElementsAre(1.5, 2, 300));
  EXPECT_THAT(values_after("", "t"), ElementsAre());
  EXPECT_THAT(values_after("t", "t"), ElementsAre());
  EXPECT_THAT(values_after("t inf t nan t -4", "t"), ElementsAre(-4));
}

TEST(NumbersAfter, RefusesWhatIsOnlyTheBeginningOfANumber) {
  for (const char* output : {"t: 1,900 us", "t: 0x10", "t: 1'900", "t: 1_900", "t: 1:30",
                             "t: 1.2.3", "t: 0X1f", "t: 1920x1080"}) {
    EXPECT_THROW(numbers_after(output, "t: "), Error) << output;
  }
  EXPECT_THAT(values_after("t: 1, t: 2. t: 3x", "t: "), ElementsAre(1, 2, 3));
}

TEST(NumbersAfter, KeepsTheUnitBehind) {
  const auto unit = [](std::string_view output) { return numbers_after(output, "t").at(0).unit; };
  EXPECT_EQ(unit("t: 1.1 ms total"), "ms");
  EXPECT_EQ(unit("t: 1.1ms, more"), "ms");
  EXPECT_EQ(unit("t: 3 tok/s\n"), "tok/s");
  EXPECT_EQ(unit("t: 12 %"), "%");
  EXPECT_EQ(unit("t: 12 \u00b5s"), "\u00b5s");
  EXPECT_EQ(unit("t: 12 (warm)"), "");
  EXPECT_EQ(unit("t: 12\nnext"), "");
  EXPECT_EQ(unit("t=1 t=2"), "");
}

/// A slice of cases of a model type each, with their two figures.
Slice slice_of_cases(const std::string& type, std::initializer_list<std::int64_t> prompts) {
  Slice slice{.values = {}, .not_a_result = {}};
  for (const std::int64_t prompt : prompts) {
    Record record;
    record.subject.workload = "llm";
    record.subject.type = type;
    record.subject.prompt = prompt;
    slice.records.push_back(record);
    for (const char* metric : {"ttft_ns", "tpot_ns"}) {
      slice.values.push_back({.name = type + std::to_string(prompt) + metric,
                              .value = 1,
                              .record = slice.records.size() - 1,
                              .metric = metric});
    }
  }
  return slice;
}

TEST(MatchFigures, TakesCasesThatAreAlikeButForWhatTheArmsDifferIn) {
  // In another order, and one more: by position, TTFT would stand against another prompt's.
  const auto matched =
      match_figures(slice_of_cases("q8_0", {8, 16, 32}), slice_of_cases("q4_0", {16, 8}));
  ASSERT_EQ(matched.figures.size(), 4u);
  EXPECT_EQ(matched.figures[0].name, "q8_08ttft_ns");
  EXPECT_EQ(matched.figures[0].name_b, "q4_08ttft_ns");
  EXPECT_EQ(matched.figures[3].name_b, "q4_016tpot_ns");
  EXPECT_THAT(matched.only_a, ElementsAre("q8_032ttft_ns", "q8_032tpot_ns"));
}

TEST(SplitArguments, FollowsQuotesAndBackslashesAsAShellDoes) {
  EXPECT_THAT(split_arguments("a  'b c' \"d \\\" e\" f\\ g ''"),
              ElementsAre("a", "b c", "d \" e", "f g", ""));
  EXPECT_THAT(split_arguments("  "), ElementsAre());
  EXPECT_THROW(split_arguments("a 'b"), Error);
}

}  // namespace
}  // namespace ridgepoint
