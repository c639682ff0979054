// Results of other serving benchmarks, imported, compared and followed: which way is better comes
// with the import.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "tests/support/run_program.h"
#include "tests/support/temporary_folder.h"

namespace ridgepoint::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// A result of `vllm bench serve --save-result --save-detailed` with 400 requests, one at a time,
/// of about 20 ms to the first token and 15 gaps of about 5 ms, times `slowdown`.
std::string vllm_result(const std::string& date, double slowdown, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  nlohmann::ordered_json ttfts, itls, latencies, starts, outputs, inputs, errors;
  double now = 1000;
  std::vector<double> firsts, gaps_of_all, each_token;
  constexpr int kRequests = 400, kGaps = 15;
  for (int i = 0; i < kRequests; ++i) {
    const double first = 0.020 * slowdown * std::exp(0.03 * normal(random));
    double whole = first;
    nlohmann::ordered_json gaps;
    for (int k = 0; k < kGaps; ++k) {
      const double gap = 0.005 * slowdown * std::exp(0.05 * normal(random));
      gaps.push_back(gap);
      gaps_of_all.push_back(gap);
      whole += gap;
    }
    starts.push_back(now);
    ttfts.push_back(first);
    firsts.push_back(first);
    each_token.push_back((whole - first) / kGaps);
    itls.push_back(gaps);
    latencies.push_back(whole);
    outputs.push_back(kGaps + 1);
    inputs.push_back(32);
    errors.push_back("");
    now += whole;
  }
  const auto median_ms = [](std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return 1e3 * values[values.size() / 2];
  };
  const double duration = now - 1000;
  // In the order that vLLM writes: what tells the format stands at the beginning.
  return nlohmann::ordered_json{{"date", date},
                                {"backend", "vllm"},
                                {"model_id", "mock"},
                                {"num_prompts", kRequests},
                                {"request_rate", "inf"},
                                {"max_concurrency", 1},
                                {"duration", duration},
                                {"completed", kRequests},
                                {"failed", 0},
                                {"request_throughput", kRequests / duration},
                                {"output_throughput", kRequests * (kGaps + 1) / duration},
                                {"ttfts", ttfts},
                                {"itls", itls},
                                {"latencies", latencies},
                                {"start_times", starts},
                                {"output_lens", outputs},
                                {"input_lens", inputs},
                                {"errors", errors},
                                {"median_ttft_ms", median_ms(firsts)},
                                {"median_tpot_ms", median_ms(each_token)},
                                {"median_itl_ms", median_ms(gaps_of_all)}}
      .dump();
}

class PeerResults : public ::testing::Test {
 protected:
  [[nodiscard]] ProgramResult ridgepoint(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), ridgepoint_path());
    return run_program(arguments, {"XDG_DATA_HOME=" + folder_.path().string()});
  }

  /// The id of the run.
  std::string import_vllm(const std::string& date, double slowdown, std::uint64_t seed) {
    const std::string file = (folder_.path() / ("result" + date + ".json")).string();
    std::ofstream(file) << vllm_result(date, slowdown, seed);
    const ProgramResult result = ridgepoint({"import", file});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.out.substr(std::string("run ").size(), 8);
  }

  /// The row about the metric in a comparison as JSON.
  [[nodiscard]] nlohmann::json row_of(const std::string& a, const std::string& b,
                                      const std::string& metric) const {
    const ProgramResult result = ridgepoint({"compare", a, b, "--format", "json"});
    const auto comparison = nlohmann::json::parse(result.out);
    for (const auto& row : comparison["rows"]) {
      if (row.value("metric", "") == metric) return row;
    }
    ADD_FAILURE() << "no row about " << metric << " in " << result.out << result.err;
    return {};
  }

  const TemporaryFolder folder_;
};

TEST_F(PeerResults, TwoVllmFilesGetVerdictsInTheRightDirection) {
  const std::string base = import_vllm("20261121-080000", 1, 1);
  const std::string slow = import_vllm("20261121-090000", 1.2, 2);
  for (const char* metric : {"vllm:median_ttft_ms", "vllm:median_tpot_ms", "vllm:median_itl_ms",
                             "vllm:output_throughput"}) {
    const auto slower = row_of(base, slow, metric);
    EXPECT_EQ(slower.value("verdict", ""), "slower") << metric << slower;
    EXPECT_EQ(row_of(slow, base, metric).value("verdict", ""), "faster") << metric;
  }
  EXPECT_EQ(row_of(base, slow, "vllm:median_ttft_ms").value("unit", ""), "ms");
  EXPECT_GT(row_of(base, slow, "vllm:median_ttft_ms")["evidence"]["ratio"], 1.1);
  EXPECT_LT(row_of(base, slow, "vllm:output_throughput")["evidence"]["ratio"], 0.9);
  EXPECT_EQ(ridgepoint({"compare", base, slow}).exit_code, 1);
  EXPECT_EQ(ridgepoint({"compare", slow, base}).exit_code, 0);
}

TEST_F(PeerResults, TwoEqualVllmFilesAreTheSame) {
  const std::string a = import_vllm("20261121-080000", 1, 1);
  const std::string b = import_vllm("20261121-090000", 1, 3);
  const ProgramResult result = ridgepoint({"compare", a, b});
  EXPECT_EQ(result.exit_code, 0) << result.out;
}

TEST_F(PeerResults, AMetricOfAPeerCanBeAskedForByName) {
  const std::string base = import_vllm("20261121-080000", 1, 1);
  const std::string slow = import_vllm("20261121-090000", 1.2, 2);
  const ProgramResult one =
      ridgepoint({"compare", base, slow, "--metric", "vllm:request_throughput"});
  EXPECT_EQ(one.exit_code, 1) << one.out << one.err;
  EXPECT_THAT(one.out, HasSubstr("vllm:request_throughput"));
  const ProgramResult unknown = ridgepoint({"compare", base, slow, "--metric", "vllm:nonsense"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("vllm:nonsense"));
}

TEST_F(PeerResults, AHistoryOfVllmFilesKnowsWhatIsWorse) {
  std::string run;
  for (int day = 1; day <= 12; ++day) {
    const std::string date = "202611" + std::to_string(day + 10) + "-080000";
    run = import_vllm(date, day > 6 ? 1.3 : 1, static_cast<std::uint64_t>(day));
  }
  const ProgramResult rate =
      ridgepoint({"history", run + "/0", "--metric", "vllm:output_throughput"});
  EXPECT_EQ(rate.exit_code, 1) << rate.out << rate.err;
  EXPECT_THAT(rate.out, HasSubstr("tokens/s"));
  const ProgramResult first = ridgepoint({"history", run + "/0"});
  EXPECT_EQ(first.exit_code, 1) << first.out << first.err;
  EXPECT_THAT(first.out, AllOf(HasSubstr("vllm:median_ttft_ms"), HasSubstr(" ms")));
}

TEST_F(PeerResults, WhatAnImportCannotHaveIsSaidPlainly) {
  const std::string golden = RIDGEPOINT_SOURCE_DIR "/tests/golden/imports/google-benchmark/";
  ASSERT_EQ(ridgepoint({"import", golden + "results.json"}).exit_code, 0);
  EXPECT_THAT(ridgepoint({"show", "latest", "--ops"}).out,
              HasSubstr("no times of ops: an import has none"));
  EXPECT_THAT(ridgepoint({"show", "latest/0", "--profile"}).out,
              HasSubstr("no profile: an import has none"));
  const auto explained = ridgepoint({"explain", "latest/0"});
  EXPECT_EQ(explained.exit_code, 1);
  EXPECT_THAT(explained.out, HasSubstr("an import has none"));
  const std::string file = (folder_.path() / "x.json").string();
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"rerun", "latest"},
                                                    {"rerun", "latest/0"},
                                                    {"resume", "latest"},
                                                    {"trace", "latest/0", "-o", file}}) {
    const ProgramResult refused = ridgepoint(arguments);
    EXPECT_EQ(refused.exit_code, 2) << arguments.front();
    EXPECT_THAT(refused.err, HasSubstr("import")) << arguments.front();
    EXPECT_EQ(std::count(refused.err.begin(), refused.err.end(), '\n'), 1) << refused.err;
  }
}

TEST_F(PeerResults, ALabelIsWhatARunIsFoundBy) {
  const std::string golden = RIDGEPOINT_SOURCE_DIR "/tests/golden/imports/";
  const ProgramResult named =
      ridgepoint({"import", golden + "llama-bench/llama_bench.jsonl", "--label", "before"});
  ASSERT_EQ(named.exit_code, 0) << named.err;
  ASSERT_EQ(ridgepoint({"import", golden + "vllm/summary.json"}).exit_code, 0);
  EXPECT_EQ(ridgepoint({"show", "before"}).out,
            ridgepoint({"show", named.out.substr(std::string("run ").size(), 36)}).out);
  const auto stored = nlohmann::json::parse(ridgepoint({"export", "before"}).out);
  EXPECT_EQ(stored["run"]["label"], "before");
  EXPECT_EQ(stored["records"].size(), 4U);
  EXPECT_EQ(nlohmann::json::parse(ridgepoint({"export", "summary.json"}).out)["run"]["label"],
            "summary.json")
      << "without one, the name of the file";
  const ProgramResult gone = ridgepoint({"show", "llama_bench.jsonl"});
  EXPECT_EQ(gone.exit_code, 2) << "its own label took the place of the file's name";
}

}  // namespace
}  // namespace ridgepoint::testing
