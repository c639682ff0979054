#include "results/compare/weights_difference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "results/report/comparison_report.h"
#include "results/report/comparison_text.h"
#include "tests/unit/results/compare/comparison_data.h"

namespace ridgepoint {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// A quality of a model of this fingerprint; no fingerprint where that is empty.
RunWithRecords quality_run(const std::string& label, double bits_per_byte,
                           const std::string& fingerprint) {
  RunWithRecords data = finished_run(label);
  Case subject;
  subject.workload = "quality";
  subject.model = "mine.gguf";
  Record record = example_record(data.run, 0, subject);
  record.measurement = {};
  record.measurement.metrics = {{"bits_per_byte", bits_per_byte}, {"bits_per_byte_se", 1e-6}};
  record.details = fingerprint.empty()
                       ? R"({"model":{"name":"mine"}})"
                       : R"({"model":{"name":"mine","fingerprint":")" + fingerprint + R"("}})";
  data.records.push_back(record);
  return data;
}

const std::string kOne = "0123456789abcdef0123456789abcdef";
const std::string kOther = "fedcba9876543210fedcba9876543210";

TEST(WeightsDifference, IsKnownOnlyWhereBothRecordsSayWhatTheyRan) {
  const auto difference = [](const std::string& a, const std::string& b) {
    return weights_difference(quality_run("a", 2, a).records[0], quality_run("b", 2, b).records[0]);
  };
  EXPECT_EQ(difference(kOne, kOther), (WeightsDifference{"0123456789ab", "fedcba987654"}));
  EXPECT_FALSE(difference(kOne, kOne));
  EXPECT_FALSE(difference(kOne, ""));
  EXPECT_FALSE(difference("", kOther));
}

TEST(WeightsDifference, IsNoneWhereAnotherModelWasAskedFor) {
  const Record a = quality_run("a", 2, kOne).records[0];
  Record b = quality_run("b", 2, kOther).records[0];
  b.subject.transform = "q8";
  EXPECT_FALSE(weights_difference(a, b));
  b.subject.transform.clear();
  b.subject.model = "other.gguf";
  EXPECT_FALSE(weights_difference(a, b));
  b = quality_run("b", 2, kOther).records[0];
  b.details = "no JSON";
  EXPECT_FALSE(weights_difference(a, b));
}

TEST(CompareOfOtherWeights, CallsWorseQualityNoRegressionWithoutSayingSoInEveryFormat) {
  const Comparison comparison =
      compared(quality_run("a", 2.0, kOne), quality_run("b", 2.5, kOther));
  EXPECT_EQ(comparison.verdict, Verdict::slower);
  EXPECT_THAT(verdict_sentence(comparison),
              HasSubstr("(OTHER WEIGHTS under the same name in the one case)"));
  for (const char* format : {"table", "markdown", "json", "github", "junit"}) {
    EXPECT_THAT(report_comparison(comparison, format),
                HasSubstr("the case is the same by name, its weights are not (A 0123456789ab, B "
                          "fedcba987654)"))
        << format;
  }
  for (const char* format : {"table", "markdown", "json"}) {
    EXPECT_THAT(report_comparison(comparison, format),
                AllOf(HasSubstr("weights of mine.gguf"),
                      HasSubstr("1 of 1 case is the same by name, but its weights are not")))
        << format;
  }
}

TEST(CompareOfOtherWeights, SaysNothingWhereTheWeightsAreTheSame) {
  const Comparison comparison = compared(quality_run("a", 2.0, kOne), quality_run("b", 2.5, kOne));
  EXPECT_EQ(comparison.verdict, Verdict::slower);
  EXPECT_THAT(report_comparison(comparison, "table"),
              AllOf(Not(HasSubstr("WEIGHTS")), Not(HasSubstr("weights"))));
}

}  // namespace
}  // namespace ridgepoint
