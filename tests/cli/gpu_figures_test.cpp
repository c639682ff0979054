// The arithmetic of scripts/gpu-check.sh: from exported runs to what was asked and what was
// reached.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/run_program.h"
#include "tests/support/temporary_folder.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;
using FigureJson = nlohmann::json;

constexpr const char* kAwk = "/usr/bin/awk";
constexpr const char* kRuns =
    R"(run_id,run_label,outcome,reason,name,type,rows,in,out,decode_tokens_per_second,bytes_per_second,flops_per_second,prefill_flops_per_second,decode_bytes_per_second,trace_overhead
a,ceilings,ok,,"load, outermost level, 1 thread",,,,,,4.0e12,,,,
a,ceilings,ok,,"load, level 1, 1 thread",,,,,,9.0e12,,,,
a,ceilings,ok,,"cuBLASLt bf16, 1 thread",,,,,,,8.0e14,,,
run_id,run_label,outcome,reason,name,type,rows,in,out,decode_tokens_per_second,bytes_per_second,flops_per_second,prefill_flops_per_second,decode_bytes_per_second,trace_overhead
b,"decode, 8B, bf16",ok,,,bf16,,,,220,,,6.0e14,3.6e12,
c,"decode, 8B, q8_0",out of memory,"no ""room"", at all",,q8_0,,,,,,,,,
d,"prefill products, 8B, from 4096",ok,,,bf16,2048,4096,4096,,,8e14,,,
d,"prefill products, 8B, from 4096",ok,,,bf16,2048,4096,1024,,,8e14,,,
d,"prefill products, 8B, from 4096",ok,,,bf16,2048,4096,14336,,,8e14,,,
d,"prefill products, 8B, from 14336",ok,,,bf16,2048,14336,4096,,,4e14,,,
e,"profile, 1B, bf16, recording on",ok,,,bf16,,,,,,,,,1.02
)";

class GpuFigures : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kAwk)) GTEST_SKIP() << "no awk";
  }
  FigureJson figures_of(const std::string& runs, std::vector<std::string> variables) {
    folder_.write("runs.csv", runs);
    std::vector<std::string> arguments{
        kAwk, "-f", std::string(RIDGEPOINT_SOURCE_DIR) + "/scripts/gpu-figures.awk"};
    for (std::string& each : variables) {
      arguments.emplace_back("-v");
      arguments.push_back(std::move(each));
    }
    arguments.push_back(folder_.file("runs.csv"));
    const auto ran = testing::run_program(arguments);
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    return FigureJson::parse("[" + ran.out + "]");
  }
  static FigureJson named(const FigureJson& figures, const std::string& begins) {
    for (const FigureJson& each : figures) {
      if (each.at("figure").get<std::string>().starts_with(begins)) return each;
    }
    return {};
  }
  TemporaryFolder folder_;
};

TEST_F(GpuFigures, AreSharesOfTheCeilingsOfTheSameSession) {
  const FigureJson figures = figures_of(kRuns, {"counted=0.98 1.2 1.01 ", "torch_decode=100"});
  EXPECT_EQ(figures.size(), 11U);
  const FigureJson decode = named(figures, "decode, 8B, bf16");
  EXPECT_EQ(decode.at("asked"), "at least 0.85");
  EXPECT_NEAR(decode.at("reached").get<double>(), 0.9, 1e-9);
  EXPECT_EQ(decode.at("pass"), true);
  EXPECT_EQ(named(figures, "prefill 2048, 8B, bf16").at("pass"), false);
  EXPECT_EQ(named(figures, "decode against PyTorch").at("reached"), 2.2);
  EXPECT_EQ(named(figures, "CUPTI timeline").at("pass"), true);
  const FigureJson counted = named(figures, "decode products, counted");
  EXPECT_NEAR(counted.at("reached").get<double>(), 0.2, 1e-9);
  EXPECT_EQ(counted.at("pass"), false);
}

TEST_F(GpuFigures, WeighProductsByHowOftenALayerHasThem) {
  const FigureJson figures = figures_of(kRuns, {});
  // All at 8e14 but the last, at half of that: of 13 parts of work 3.5 take twice as long.
  EXPECT_NEAR(named(figures, "prefill 2048, 8B, bf16: share of the best cuBLASLt rate, products")
                  .at("reached")
                  .get<double>(),
              13 / 16.5, 1e-4);
}

TEST_F(GpuFigures, ThatCannotBeComputedAreNullWithTheReason) {
  const FigureJson figures = figures_of(kRuns, {"torch_why=no torch"});
  const FigureJson failed = named(figures, "decode, 8B, q8_0");
  EXPECT_TRUE(failed.at("reached").is_null());
  EXPECT_TRUE(failed.at("pass").is_null());
  EXPECT_EQ(failed.at("why"), "out of memory: no \"room\", at all");
  EXPECT_EQ(named(figures, "prefill against PyTorch").at("why"), "no torch");
  const FigureJson nothing = figures_of("", {});
  EXPECT_EQ(nothing.size(), 11U);
  for (const FigureJson& each : nothing) EXPECT_TRUE(each.at("pass").is_null());
  EXPECT_THAT(nothing[0].at("why").get<std::string>(), HasSubstr("not run"));
}

}  // namespace
}  // namespace ridgepoint
