// Quality cases through measure_case: against distributions that are known, against a computation
// of their own, and against engines that are wrong.
#include "harness/quality/quality_case.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "backends/registry.h"
#include "backends/session.h"
#include "harness/quality/logit_file.h"
#include "harness/quality/text_windows.h"
#include "harness/run/data_folder.h"
#include "harness/run/run_case.h"
#include "results/metric.h"
#include "results/quality_metrics.h"
#include "tests/support/error_of.h"
#include "tests/unit/harness/support/measuring.h"
#include "workloads/tokenizer/byte_tokenizer.h"

namespace ridgepoint {
namespace {

using testing::example_engine;
using ::testing::HasSubstr;
using testing::KeepingSink;
using testing::kNeverStop;
using testing::MemoryAnswers;
using testing::quick_options;

/// Four windows of the bundled text.
Case quality_case(const std::string& backend, const std::string& baseline) {
  Case subject;
  subject.workload = "quality";
  subject.backend = backend;
  subject.baseline = baseline;
  subject.context = 32;
  subject.tokens = 128;
  subject.greedy = 6;
  subject.threads = 2;
  return subject;
}

struct Measured {
  CaseResult result;
  KeepingSink sink;
  std::map<std::string, double> metrics;
};

Measured measure(const Case& subject, const RunOptions& options = quick_options(),
                 const std::atomic<bool>& stop = kNeverStop) {
  Measured measured;
  MemoryAnswers answers;
  measured.result = measure_case(subject, options, measured.sink, answers.store, stop);
  Measurement measurement;
  for (const auto& [name, samples] : measured.sink.series) {
    measurement.series.push_back({name, "1", samples, {}});
  }
  derive_metrics(subject, measurement);
  measured.metrics = measurement.metrics;
  return measured;
}

TEST(QualityCase, OfABackendThatGivesEveryByteTheSameChanceIsEightBitsAByte) {
  const auto measured = measure(quality_case("null", "none"));
  EXPECT_EQ(measured.result.outcome, Outcome::ok) << measured.result.reason;
  EXPECT_EQ(measured.sink.series.at("quality.tokens"), (std::vector<std::int64_t>{15, 15, 15, 15}));
  EXPECT_NEAR(measured.metrics.at("bits_per_byte"), 8, 1e-9);
  EXPECT_NEAR(measured.metrics.at("perplexity"), 256, 1e-6);
  EXPECT_NEAR(measured.metrics.at("bits_per_byte_se"), 0, 1e-9);
  EXPECT_FALSE(measured.metrics.contains("kl_mean"));
  EXPECT_EQ(measured.sink.details["quality"]["tokenizer"], "bytes");
  EXPECT_EQ(measured.sink.details["quality"]["begins_with"], 0);
}

/// What follows each position of the case's windows, computed token by token with the session's
/// plain interface: natural logarithms of whole distributions.
std::vector<std::vector<double>> log_distributions(const Case& subject) {
  const Model model = open_model(subject.model, "", 1, 2);
  const auto backend = open_backend("reference");
  const auto session = backend->open_session(
      model, {.batch = 1, .capacity = subject.context, .kv_type = Type::f32, .threads = 2});
  const auto text = cut_text(read_held_out_text(subject), ByteTokenizer(256, 0, 0), subject);
  std::vector<std::vector<double>> rows;
  for (const auto& window : text.windows) {
    session->truncate(0);
    for (std::size_t i = 0; i < window.inputs.size(); ++i) {
      session->forward(std::span(window.inputs).subspan(i, 1));
      if (std::cmp_less(i, window.first)) continue;
      const auto logits = session->logits();
      double sum = 0;
      for (const float logit : logits) sum += std::exp(static_cast<double>(logit));
      auto& row = rows.emplace_back();
      for (const float logit : logits) row.push_back(static_cast<double>(logit) - std::log(sum));
      row.push_back(window.targets[i - static_cast<std::size_t>(window.first)]);
    }
  }
  return rows;
}

TEST(QualityCase, AgreesWithAComputationOfItsOwn) {
  auto subject = quality_case("reference", "null");
  subject.kv = "f32";
  const auto measured = measure(subject);
  ASSERT_EQ(measured.result.outcome, Outcome::ok) << measured.result.reason;
  const auto rows = log_distributions(subject);
  ASSERT_EQ(rows.size(), 60U);
  double nll = 0, kl = 0;
  for (const auto& row : rows) {
    nll -= row[static_cast<std::size_t>(row.back())];
    // From the uniform distribution of null to the model's.
    for (std::size_t i = 0; i < 256; ++i) kl += (-std::log(256) - row[i]) / 256;
  }
  EXPECT_NEAR(measured.metrics.at("nll_per_token"), nll / 60, 1e-5);
  EXPECT_NEAR(measured.metrics.at("bits_per_byte"), nll / 60 / std::numbers::ln2, 1e-5);
  EXPECT_NEAR(measured.metrics.at("kl_mean"), kl / 60, 1e-4);
  EXPECT_NEAR(measured.metrics.at("perplexity_increase"), std::exp(nll / 60) / 256 - 1, 1e-6);
  EXPECT_LT(measured.metrics.at("bits_per_byte"), 4) << "the model has learned something";
}

TEST(QualityCase, FromTheOtherSideHasTheOtherDivergence) {
  const auto subject = quality_case("null", "reference");
  const auto measured = measure(subject);
  ASSERT_EQ(measured.result.outcome, Outcome::ok) << measured.result.reason;
  double kl = 0;
  const auto rows = log_distributions(subject);
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < 256; ++i) kl += std::exp(row[i]) * (row[i] + std::log(256));
  }
  EXPECT_NEAR(measured.metrics.at("kl_mean"), kl / 60, 1e-5);
  EXPECT_LT(measured.metrics.at("top1_agreement"), 0.2) << "null always chooses byte 0";
  EXPECT_EQ(measured.metrics.at("greedy_prefix_tokens"), 0);
}

TEST(QualityCase, ScoredEverywhereAgreesWithSecondHalvesWhereBothScore) {
  auto second = quality_case("reference", "none");
  second.tokens = second.context = 64;
  auto all = second;
  all.scored = "all";
  // Byte 0 stands before the window there and in place of its first byte here: the contexts differ,
  // so only the counts are known.
  EXPECT_EQ(measure(second).sink.series.at("quality.tokens").front(), 31);
  EXPECT_EQ(measure(all).sink.series.at("quality.tokens").front(), 64);
}

TEST(QualityCase, OfTheReferenceAgainstItselfComputesOnceAndDiffersInNothing) {
  auto subject = quality_case("reference", "reference");
  subject.kv = "f32";
  const auto measured = measure(subject);
  EXPECT_THAT(measured.sink.details["quality"]["baseline"]["why"].get<std::string>(),
              HasSubstr("the same computation"));
  EXPECT_EQ(measured.metrics.at("kl_mean"), 0);
  EXPECT_EQ(measured.metrics.at("perplexity_increase"), 0);
  EXPECT_EQ(measured.metrics.at("greedy_agreement"), 1);
  // A KV cache of half the bits is another computation, and hardly another distribution.
  subject.kv = "f16";
  const auto halved = measure(subject);
  EXPECT_GT(halved.metrics.at("kl_mean"), 0);
  EXPECT_LT(halved.metrics.at("kl_mean"), 1e-4);
  EXPECT_EQ(halved.metrics.at("top1_agreement"), 1);
}

TEST(QualityCase, SeesAnEngineThatIsOff) {
  auto subject = quality_case(example_engine("ok"), "reference");
  subject.kv = "f32";
  const auto right = measure(subject);
  ASSERT_EQ(right.result.outcome, Outcome::ok) << right.result.reason;
  EXPECT_LT(right.metrics.at("kl_mean"), 1e-6);
  EXPECT_EQ(right.metrics.at("top1_agreement"), 1);
  EXPECT_EQ(right.metrics.at("greedy_agreement"), 1);
  EXPECT_EQ(right.metrics.at("greedy_prefix_tokens"), 6);
  subject.backend = example_engine("wrong,percent=10");
  const auto off = measure(subject);
  ASSERT_EQ(off.result.outcome, Outcome::ok) << off.result.reason;
  EXPECT_GT(off.metrics.at("kl_mean"), 1e-3);
  EXPECT_GT(off.metrics.at("kl_mean"), 1000 * right.metrics.at("kl_mean"));
}

TEST(QualityCase, IsWrongWhereLogitsAreNoNumbers) {
  const auto measured = measure(quality_case(example_engine("nan"), "none"));
  EXPECT_EQ(measured.result.outcome, Outcome::wrong);
  EXPECT_THAT(measured.result.reason, HasSubstr("not a number"));
}

TEST(QualityCase, AgainstStoredLogitsIsWhatItIsAgainstComputedOnes) {
  const TemporaryFolder folder;
  auto options = quick_options();
  options.save_logits = folder.file("reference.logits");
  auto truth = quality_case("reference", "none");
  truth.kv = "f32";
  ASSERT_EQ(measure(truth, options).result.outcome, Outcome::ok);
  ASSERT_TRUE(is_logit_file(options.save_logits));

  const auto computed = measure(quality_case("reference", "reference"));
  const auto stored = measure(quality_case("reference", "file:" + options.save_logits));
  ASSERT_EQ(stored.result.outcome, Outcome::ok) << stored.result.reason;
  EXPECT_EQ(stored.metrics, computed.metrics);
  EXPECT_EQ(stored.sink.details["quality"]["baseline"]["of"]["kv"], "f32");

  auto other = quality_case("reference", "file:" + options.save_logits);
  other.context = 16;
  const auto refused = measure(other);
  EXPECT_EQ(refused.result.outcome, Outcome::failed);
  EXPECT_THAT(refused.result.reason, HasSubstr("other windows"));
}

TEST(QualityCase, KeepsNoLogitsOfAnInterruptedRun) {
  const TemporaryFolder folder;
  auto options = quick_options();
  options.save_logits = folder.file("logits");
  const std::atomic<bool> stop{true};
  EXPECT_EQ(measure(quality_case("null", "none"), options, stop).result.outcome,
            Outcome::interrupted);
  EXPECT_FALSE(std::filesystem::exists(options.save_logits));
}

TEST(QualityCase, ThatRunsOutOfTimeSaysHowFarItCame) {
  auto subject = quality_case("null:latency_ns=20000000", "none");
  subject.tokens = 32 * 100;
  auto options = quick_options();
  options.time_limit_seconds = 0.5;
  const auto measured = measure(subject, options);
  EXPECT_EQ(measured.result.outcome, Outcome::mistrusted);
  EXPECT_THAT(measured.result.reason, HasSubstr("of 100 windows within the time limit"));
  EXPECT_NEAR(measured.metrics.at("bits_per_byte"), 8, 1e-9);
}

TEST(QualityCase, NeedsATextThatItsModelCanRead) {
  auto subject = quality_case("null", "none");
  subject.model = std::string(RIDGEPOINT_SOURCE_DIR) + "/tests/golden/models/llama";
  const auto measured = measure(subject);
  EXPECT_EQ(measured.result.outcome, Outcome::failed);
  EXPECT_THAT(measured.result.reason, HasSubstr("has no tokenizer that is read here"));
}

TEST(QualityCase, IsMistrustedWhereTheVocabularyCannotExpressTheText) {
  auto subject = quality_case("null", "none");
  subject.model = testing::small_model();  // 97 tokens, most of them unknown to any text
  const auto measured = measure(subject);
  EXPECT_EQ(measured.result.outcome, Outcome::mistrusted);
  EXPECT_THAT(measured.result.reason, HasSubstr("does not give the text back"));
}

TEST(QualityCase, IsMistrustedBeyondTheContextThatItsModelWasMadeFor) {
  Case subject = quality_case("null", "none");
  subject.tokens = subject.context = 1040;
  const auto measured = measure(subject);
  EXPECT_EQ(measured.result.outcome, Outcome::mistrusted);
  EXPECT_THAT(measured.result.reason,
              HasSubstr("go to position 1040, the model was made for 1024"));
  subject.tokens = subject.context = 1024;
  EXPECT_EQ(measure(subject).result.outcome, Outcome::ok);
}

TEST(QualityCase, HoldsOnlyModelsOfOneVocabularyAgainstEachOther) {
  auto subject = quality_case("null", "null");
  subject.baseline_model = testing::small_model();
  const auto measured = measure(subject);
  EXPECT_EQ(measured.result.outcome, Outcome::failed);
  EXPECT_THAT(measured.result.reason, HasSubstr("a vocabulary of 97"));
}

TEST(QualityCase, TakesOneProcessAndBecomesARecord) {
  auto options = quick_options();
  options.processes = 3;
  const auto record = testing::run_in_child(quality_case("null", "none"), options);
  EXPECT_EQ(record.outcome, Outcome::ok) << record.reason;
  EXPECT_NEAR(record.measurement.metrics.at("bits_per_byte"), 8, 1e-9);
  EXPECT_EQ(record.measurement.find("quality.nll_pnat")->unit, "pnat");
  const auto details = nlohmann::json::parse(record.details);
  EXPECT_EQ(details["processes"].size(), 1U);
  EXPECT_EQ(details["stopping"]["ended_by"], "one process");
}

TEST(QualityCase, IsCheckedBeforeAnythingIsPlanned) {
  EXPECT_NO_THROW(check_quality_case(quality_case("null", "reference")));
  auto subject = quality_case("null", "refrence");
  EXPECT_THAT(error_of([&] {
                check_quality_case(subject);
                return 0;
              }),
              HasSubstr("refrence"));
  subject = quality_case("null", "none");
  subject.model = std::string(RIDGEPOINT_SOURCE_DIR) + "/tests/golden/models/llama";
  EXPECT_THAT(error_of([&] {
                check_quality_case(subject);
                return 0;
              }),
              HasSubstr("has no tokenizer"));
  subject = quality_case("null", "file:/nowhere");
  EXPECT_THAT(error_of([&] {
                check_quality_case(subject);
                return 0;
              }),
              HasSubstr("/nowhere"));
  subject = quality_case("null", "reference");
  subject.text = "/nowhere.txt";
  EXPECT_THAT(error_of([&] {
                check_quality_case(subject);
                return 0;
              }),
              HasSubstr("/nowhere.txt"));
  subject.text = "held-out";
  subject.baseline_model = "nothing-like-it";
  EXPECT_THAT(error_of([&] {
                check_quality_case(subject);
                return 0;
              }),
              HasSubstr("nothing-like-it"));
}

}  // namespace
}  // namespace ridgepoint
