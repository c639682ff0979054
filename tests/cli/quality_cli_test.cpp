// ridgepoint quality as a person meets it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/support/command_test.h"

namespace ridgepoint::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class QualityCommand : public CommandTest {
 protected:
  /// Three windows of the bundled text.
  [[nodiscard]] ProgramResult quality(std::vector<std::string> arguments) const {
    const std::vector<std::string> small = {"quality", "--tokens", "96", "--context",
                                            "32",      "--greedy", "2"};
    arguments.insert(arguments.begin(), small.begin(), small.end());
    return ridgepoint(std::move(arguments));
  }

  void expect_refusal(const std::vector<std::string>& arguments, const std::string& what) const {
    const auto result = quality(arguments);
    expect_one_line(result, HasSubstr(what));
    EXPECT_EQ(result.out, "");
  }
};

TEST_F(QualityCommand, StoresAndShowsHowWellAModelPredicts) {
  const auto result = quality({"--backend", "null", "--baseline", "none"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("Quality"), HasSubstr("bits/byte"), HasSubstr("256")));
  const auto shown = ridgepoint({"show"});
  EXPECT_THAT(shown.out, HasSubstr("bits/byte"));
  const auto exported = nlohmann::json::parse(ridgepoint({"export", "latest"}).out);
  EXPECT_EQ(exported["records"][0]["case"]["workload"], "quality");
  EXPECT_NEAR(exported["records"][0]["metrics"]["bits_per_byte"]["value"], 8, 1e-9);
}

TEST_F(QualityCommand, EndsWithOneAndALinePastItsBudget) {
  const auto past = quality({"--backend", "null", "--max-kl", "0.1"});
  EXPECT_EQ(past.exit_code, 1);
  EXPECT_THAT(past.err, HasSubstr("past the quality budget: #0"));
  EXPECT_THAT(past.err, HasSubstr("nats is past 0.1"));
  const auto within =
      quality({"--kv", "f16", "--max-kl", "0.1", "--max-perplexity-increase", "5%"});
  EXPECT_EQ(within.exit_code, 0) << within.err;
}

TEST_F(QualityCommand, PutsSpeedBesideQualityOnDemand) {
  const auto result = quality({"--backend", "null", "--with-speed", "--prompt", "8", "--generate",
                               "4", "--processes", "1", "--stationarity", "off"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("Models"), HasSubstr("KL nats")));
  // What is stored of a variant is known to compare: null is fast, and says nothing of the text.
  ASSERT_EQ(ridgepoint({"run", "--backend", "reference", "--prompt", "8", "--generate", "4",
                        "--processes", "1", "--stationarity", "off", "--check", "off",
                        "--case-budget-seconds", "1"})
                .exit_code,
            0);
  const auto compared = ridgepoint({"compare", "workload:llm,backend:reference",
                                    "workload:llm,backend:null", "--max-kl", "0.1"});
  EXPECT_NE(compared.exit_code, 0);
  EXPECT_THAT(compared.out, HasSubstr("not called so: KL"));
}

TEST_F(QualityCommand, TakesABaselineFromARunOrAFile) {
  const std::string logits = folder_.file("m.logits");
  ASSERT_EQ(
      quality({"--kv", "f32", "--baseline", "none", "--save-logits", logits, "--label", "truth"})
          .exit_code,
      0);
  const auto of_file = quality({"--baseline", logits});
  EXPECT_EQ(of_file.exit_code, 0) << of_file.err;
  EXPECT_THAT(of_file.out, HasSubstr("KL nats"));
  const auto of_run = quality({"--backend", "null", "--baseline", "truth"});
  EXPECT_EQ(of_run.exit_code, 0) << of_run.err;
  EXPECT_THAT(of_run.out, HasSubstr("baseline reference"));
}

TEST_F(QualityCommand, RefusesWhatMakesNoSenseInOneLine) {
  expect_refusal({"--baseline", "none", "--max-kl", "1"}, "need a baseline");
  expect_refusal({"--max-kl", ""}, "--max-kl: expected a number of nats");
  expect_refusal({"--max-kl", "-1"}, "--max-kl: expected a number of nats");
  expect_refusal({"--max-perplexity-increase", "much"}, "--max-perplexity-increase");
  const std::string golden = std::string(RIDGEPOINT_SOURCE_DIR) + "/tests/golden/";
  expect_refusal({"--model", golden + "models/llama"}, "has no tokenizer");
  expect_refusal({"--prompt", "3"}, "--with-speed");
  expect_refusal({"--text", "/nowhere"}, "/nowhere");
  expect_refusal({"--baseline", "none", "--baseline-backend", "null"}, "give one of them");
  expect_refusal({"--baseline-backend", "nul"}, "did you mean 'null'");
  expect_refusal({"--save-logits", folder_.file("x"), "--kv", "f16,f32"}, "2 quality cases");
  expect_refusal({"--context", "3"}, "context: 3 is out of range");
  expect_refusal({"--scored", "some"}, "scored: unknown value");
  expect_refusal({"--baseline", "no-such-run"}, "run something first");
}

}  // namespace
}  // namespace ridgepoint::testing
