// `ridgepoint roofline` as a person meets it, with next to nothing to measure; never the figures.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "profiler/ceilings/bandwidth_kernels.h"
#include "tests/support/command_test.h"

namespace ridgepoint::testing {
namespace {

using ::testing::HasSubstr;

class RooflineCommand : public CommandTest {};

TEST_F(RooflineCommand, PrintsWhatItStores) {
  const auto result = ridgepoint({"roofline", "--quick", "--threads", "1", "--largest-mib", "1",
                                  "--label", "mine", "--format", "json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto json = nlohmann::json::parse(result.out);
  EXPECT_EQ(json["curves"].size(), 2 * ceilings::kBandwidthKernels + 1);
  std::size_t absent = 0;
  for (const auto& ceiling : json["ceilings"]) {
    if (ceiling.contains("absent")) {
      ++absent;
      EXPECT_FALSE(ceiling["absent"].get<std::string>().empty());
    } else {
      EXPECT_LE(ceiling["low"].get<double>(), ceiling["value"].get<double>());
      EXPECT_GE(ceiling["high"].get<double>(), ceiling["value"].get<double>());
    }
  }
  EXPECT_LT(absent, json["ceilings"].size());

  const auto exported = ridgepoint({"export", "mine", "--format", "json"});
  ASSERT_EQ(exported.exit_code, 0) << exported.err;
  EXPECT_THAT(exported.out, HasSubstr(json["run"].get<std::string>()));
  const auto shown = ridgepoint({"show", "mine"});
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("Ceilings of the machine"));
  const auto one = ridgepoint({"show", "mine/0"});
  EXPECT_EQ(one.exit_code, 0) << one.err;
  EXPECT_THAT(one.out, HasSubstr("ridgepoint roofline"));
  // It is no case that `run` knows how to measure again.
  const auto again = ridgepoint({"rerun", "mine"});
  EXPECT_EQ(again.exit_code, 2);
  EXPECT_THAT(again.err, HasSubstr("ridgepoint roofline"));
}

TEST_F(RooflineCommand, TableSaysTheConditions) {
  const auto result = ridgepoint({"roofline", "--quick", "--threads", "1", "--largest-mib", "1"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  for (const char* part : {"Arithmetic", "Memory bandwidth", "Memory latency", "Clock",
                           "huge pages:", "caches that the system shows", "run: "}) {
    EXPECT_THAT(result.out, HasSubstr(part));
  }
}

TEST_F(RooflineCommand, AGpuThatIsNotThereIsOneLine) {
  if (const auto listed = ridgepoint({"list", "backends"});
      listed.out.find("not offered") == std::string::npos) {
    GTEST_SKIP() << "there is a GPU here";
  }
  expect_one_line_refusal({"roofline", "--device", "cuda:0"}, HasSubstr("backend 'cuda'"));
  expect_one_line_refusal({"roofline", "--device", "cuda:1", "--threads", "2"},
                          HasSubstr("leave it out"));
  expect_one_line_refusal({"roofline", "--device", "gpu"}, HasSubstr("give cuda:0"));
  expect_one_line_refusal({"roofline", "--device", "cuda:-1"}, HasSubstr("is no device"));
}

TEST_F(RooflineCommand, MistakesAreOneLine) {
  expect_one_line_refusal({"roofline", "--threads", "100000"}, HasSubstr("--threads: 100000"));
  expect_one_line_refusal({"roofline", "--threads", "-1"}, HasSubstr("--threads: -1"));
  expect_one_line_refusal({"roofline", "--threads", "0"}, HasSubstr("--threads: 0"));
  expect_one_line_refusal({"roofline", "--largest-mib", "1000000000"},
                          HasSubstr("half of the memory"));
  expect_one_line_refusal({"roofline", "--format", "yaml"}, HasSubstr("--format"));
  expect_one_line_refusal({"run", "--workload", "ceiling"}, HasSubstr("ridgepoint roofline"));
}

}  // namespace
}  // namespace ridgepoint::testing
