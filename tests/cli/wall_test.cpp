// `ridgepoint wall` as a person meets it, on a model that takes no time; never the figures.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/command_test.h"

namespace ridgepoint::testing {
namespace {

using ::testing::HasSubstr;

class WallCommand : public CommandTest {};

TEST_F(WallCommand, PredictsRunsAndScores) {
  const auto result =
      ridgepoint({"wall", "--model", "tiny", "--type", "f32", "--threads", "1", "--batch", "1",
                  "--depth", "0", "--generate", "2", "--repetitions", "1", "--label", "mine"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  for (const char* part : {"predicted decode", "critical batch", "largest context", "measured",
                           "mean absolute error", "decode of models timed whole", "run: "}) {
    EXPECT_THAT(result.out, HasSubstr(part));
  }
  // What was predicted stands in the store before and beside what came.
  const auto exported = ridgepoint({"export", "mine", "--format", "json"});
  ASSERT_EQ(exported.exit_code, 0) << exported.err;
  for (const char* part : {"predicted_seconds", "measured_seconds", "mean_absolute_error",
                           "seconds_per_weight_byte_by_rows"}) {
    EXPECT_THAT(exported.out, HasSubstr(part));
  }
  EXPECT_EQ(ridgepoint({"show", "mine"}).exit_code, 0);
  EXPECT_EQ(ridgepoint({"show", "mine/0"}).exit_code, 0);
}

TEST_F(WallCommand, LeavesOutWhatTakesTooLongAndTakesWhatIsGivenTwiceOnce) {
  const auto result = ridgepoint({"wall", "--model", "tiny", "--type", "f32", "--threads", "1",
                                  "--batch", "1,1", "--depth", "0,0", "--case-seconds", "1"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("not run: it would take about"));
  EXPECT_THAT(result.out, HasSubstr("no prediction was scored"));
  EXPECT_THAT(result.out, HasSubstr("batch          context 0  512 tokens in\n")) << "one column";
  EXPECT_THAT(result.out, HasSubstr("for one sequence\n")) << "and not for 1 once more";
}

TEST_F(WallCommand, StreamsWhatMemoryIsNotToHold) {
  TemporaryFolder models;
  const std::string model = models.file("model.gguf");
  ASSERT_EQ(
      ridgepoint({"model", "make", "--shape", "tiny", "--type", "f16", "-o", model}).exit_code, 0);
  const auto result =
      ridgepoint({"wall", "--streamed", "--model", model, "--threads", "1", "--share", "0,0.5",
                  "--ways", "mapped", "--steps", "1", "--label", "mine"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  for (const char* part : {"in memory: predicted", "knee, mapped: predicted at", "run: "}) {
    EXPECT_THAT(result.out, HasSubstr(part));
  }
  const auto exported = ridgepoint({"export", "mine", "--format", "json"});
  for (const char* part : {"streaming_predictions", "share 0.00", "streaming_score"}) {
    EXPECT_THAT(exported.out, HasSubstr(part));
  }
  EXPECT_EQ(ridgepoint({"show", "mine"}).exit_code, 0);
  expect_one_line_refusal({"wall", "--streamed", "--model", "tiny"}, HasSubstr("lies in no file"));
}

TEST_F(WallCommand, MistakesAreOneLine) {
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{"wall", "--model", "no-such-model"},
                                             {"wall", "--model", "tiny", "--type", "q9_9"},
                                             {"wall", "--threads", "100000"},
                                             {"wall", "--threads", "0"},
                                             {"wall", "--model", "tiny", "--kv", "f16,f7"}}) {
    expect_one_line_refusal(arguments, ::testing::_);
  }
  expect_one_line_refusal({"wall", "--type", "q8_0"}, HasSubstr("has weights of its own"));
  expect_one_line_refusal({"wall", "--model", "tiny", "--backend", "null"},
                          HasSubstr("computes nothing"));
  for (const auto& [option, value] : std::vector<std::pair<std::string, std::string>>{
           {"--streamed", ""}, {"--predict-only", ""}, {"--depth", "0"}}) {
    std::vector<std::string> arguments = {"wall", "--causal", option};
    if (!value.empty()) arguments.push_back(value);
    expect_one_line_refusal(arguments, HasSubstr(option + ": not with --causal"));
  }
  expect_one_line_refusal({"wall", "--streamed", "--batch", "2"}, HasSubstr("not with --streamed"));
  expect_one_line_refusal({"wall", "--share", "0.5"}, HasSubstr("with --streamed only"));
}

TEST_F(WallCommand, InterruptedBeforeAnythingIsKnownLeavesNothingBehind) {
  for (const char* option : {"--predict-only", "--causal"}) {
    const std::string database = folder_.file("new.db");
    const auto result = ridgepoint({"wall", "--model", "tiny", option, "--db", database},
                                   /*interrupt_after_ms=*/100);
    EXPECT_FALSE(std::filesystem::exists(database)) << result.out << result.err;
  }
}

TEST_F(WallCommand, SaysWhichModelItTakes) {
  EXPECT_THAT(ridgepoint({"wall", "--help"}).out, HasSubstr("(default: byte-llama-6m)"));
}

TEST_F(WallCommand, PredictsForEachTypeOfTheCacheAndMarksWhatDoesNotFit) {
  const auto result =
      ridgepoint({"wall", "--model", "tiny", "--type", "f32", "--threads", "1", "--batch", "1,4096",
                  "--depth", "0,1000000", "--kv", "f16,fp8", "--predict-only", "--label", "mine"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  for (const char* part : {"KV f16", "KV fp8", "which is all", ") !", "!: does not fit"}) {
    EXPECT_THAT(result.out, HasSubstr(part));
  }
  for (const char* part :
       {"loading from memory", "decode steps of 1, 2, 4", "prefills of", "over 8192 tokens"}) {
    EXPECT_THAT(result.err, HasSubstr(part));
  }
  const auto exported = ridgepoint({"export", "mine", "--format", "json"});
  EXPECT_THAT(exported.out, HasSubstr("predictions of the memory wall, tiny, f32, KV fp8"));
}

}  // namespace
}  // namespace ridgepoint::testing
