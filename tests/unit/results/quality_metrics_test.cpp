// Figures of quality from samples whose truth can be worked out by hand.
#include "results/quality_metrics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <set>

#include "results/contamination.h"
#include "results/metric.h"

namespace ridgepoint {
namespace {

Case quality_case(std::int64_t greedy = 4) {
  Case subject;
  subject.workload = "quality";
  subject.greedy = greedy;
  return canonical(subject);
}

std::int64_t nats(double value) {
  return std::llround(value * kPicoNatsInANat);
}

Series series(std::string_view name, std::vector<std::int64_t> samples) {
  return {std::string(name), std::string(unit_of_series(name)), std::move(samples), {}};
}

/// Two windows of two tokens: probabilities 1/2, 1/4, 1/8, 1/8, where the baseline has 1/2, 1/2,
/// 1/4, 1/8.
Measurement two_windows() {
  const double ln2 = std::numbers::ln2;
  return {{series(kQualityTokens, {2, 2}), series(kQualityBytes, {1, 3, 2, 2}),
           series(kQualityNll, {nats(ln2), nats(2 * ln2), nats(3 * ln2), nats(3 * ln2)}),
           series(kQualityBaselineNll, {nats(ln2), nats(ln2), nats(2 * ln2), nats(3 * ln2)}),
           series(kQualityKl, {nats(0), nats(0.1), nats(0.2), nats(0.5)}),
           series(kQualitySameTop, {1, 1, 0, 1}), series(kQualityGreedyPrefix, {4, 1}),
           series(kQualityGreedyEqual, {4, 2})},
          {}};
}

/// The same text twice over.
Measurement four_windows() {
  Measurement measurement = two_windows();
  for (auto& entry : measurement.series) {
    const auto once = entry.samples;
    entry.samples.insert(entry.samples.end(), once.begin(), once.end());
  }
  return measurement;
}

std::map<std::string, double> figures_of(Measurement measurement, std::int64_t greedy = 4) {
  derive_metrics(quality_case(greedy), measurement);
  return measurement.metrics;
}

TEST(QualityMetrics, AreWhatTheirDefinitionsSay) {
  const auto figures = figures_of(two_windows());
  EXPECT_DOUBLE_EQ(figures.at("scored_tokens"), 4);
  EXPECT_DOUBLE_EQ(figures.at("scored_bytes"), 8);
  // 1 + 2 + 3 + 3 bits over 8 bytes and 4 tokens.
  EXPECT_NEAR(figures.at("bits_per_byte"), 9.0 / 8, 1e-11);
  EXPECT_NEAR(figures.at("nll_per_token"), 9.0 / 4 * std::numbers::ln2, 1e-11);
  EXPECT_NEAR(figures.at("perplexity"), std::exp2(9.0 / 4), 1e-10);
  // The baseline needs 7 bits.
  EXPECT_NEAR(figures.at("perplexity_increase"), std::exp2(2.0 / 4) - 1, 1e-10);
  EXPECT_NEAR(figures.at("kl_mean"), 0.2, 1e-11);
  EXPECT_NEAR(figures.at("kl_median"), 0.15, 1e-11);
  EXPECT_NEAR(figures.at("kl_max"), 0.5, 1e-11);
  EXPECT_DOUBLE_EQ(figures.at("top1_agreement"), 0.75);
  // Differences of probability: 0, -1/4, -1/8, 0.
  EXPECT_NEAR(figures.at("delta_p_mean"), -0.375 / 4, 1e-11);
  EXPECT_NEAR(figures.at("delta_p_rms"), std::sqrt((1.0 / 16 + 1.0 / 64) / 4), 1e-11);
  EXPECT_DOUBLE_EQ(figures.at("greedy_prefix_tokens"), 2.5);
  EXPECT_DOUBLE_EQ(figures.at("greedy_agreement"), 6.0 / 8);
}

TEST(QualityMetrics, HaveAStandardErrorEachButTheMaximum) {
  const auto figures = figures_of(four_windows());
  int with_error = 0;
  for (const auto& [name, value] : figures) {
    if (name.ends_with("_se") || name.starts_with("scored_") || name == "kl_max") continue;
    EXPECT_TRUE(figures.contains(name + "_se")) << name;
    ++with_error;
  }
  EXPECT_EQ(with_error, 11);
  // Windows of 3, 6, 3, 6 bits over 4 bytes each: residuals of 1.5 bits about 1.125 a byte.
  EXPECT_NEAR(figures.at("bits_per_byte_se"), std::sqrt(4.0 / 3 * 4 * 1.5 * 1.5) / 16, 1e-10);
  EXPECT_NEAR(figures.at("perplexity_se"),
              figures.at("perplexity") * figures.at("nll_per_token_se"), 1e-10);
}

TEST(QualityMetrics, RefusePercentilesThatTheTokensDoNotSupport) {
  const auto figures = figures_of(two_windows());
  EXPECT_FALSE(figures.contains("kl_p99"));
  EXPECT_FALSE(figures.contains("kl_p999"));
  Measurement many;
  std::vector<std::int64_t> kl, ones, zeros;
  for (int i = 0; i < 400; ++i) {
    kl.push_back(nats(i * 1e-3));
    ones.push_back(1);
    zeros.push_back(0);
  }
  many.series = {series(kQualityTokens, {200, 200}),
                 series(kQualityBytes, ones),
                 series(kQualityNll, zeros),
                 series(kQualityBaselineNll, zeros),
                 series(kQualityKl, kl),
                 series(kQualitySameTop, ones)};
  const auto supported = figures_of(many, 0);
  EXPECT_NEAR(supported.at("kl_p99"), 0.99 * 0.399, 1e-10);
  EXPECT_FALSE(supported.contains("kl_p999"));
  EXPECT_FALSE(supported.contains("greedy_agreement")) << "nothing was chosen";
}

TEST(QualityMetrics, OfACaseWithoutABaselineAreTheTextsAlone) {
  Measurement measurement = two_windows();
  std::erase_if(measurement.series, [](const Series& entry) {
    return entry.name != kQualityTokens && entry.name != kQualityBytes && entry.name != kQualityNll;
  });
  const auto figures = figures_of(measurement);
  EXPECT_TRUE(figures.contains("bits_per_byte"));
  EXPECT_FALSE(figures.contains("kl_mean"));
  EXPECT_FALSE(figures.contains("perplexity_increase"));
}

TEST(QualityMetrics, LeaveOutAWindowThatDidNotArriveWhole) {
  Measurement measurement = two_windows();
  for (auto& entry : measurement.series) {
    if (entry.name == kQualityNll) entry.samples.pop_back();
  }
  const auto figures = figures_of(measurement);
  EXPECT_DOUBLE_EQ(figures.at("scored_tokens"), 2);
  EXPECT_NEAR(figures.at("bits_per_byte"), 3.0 / 4, 1e-11);
  EXPECT_FALSE(figures.contains("bits_per_byte_se")) << "so few windows say nothing of it";
}

TEST(QualityMetrics, OfSamplesThatCannotBeAreAbsent) {
  EXPECT_TRUE(figures_of({}).empty());
  Measurement damaged = two_windows();
  damaged.series.front().samples = {-3, 1'000'000'000'000};
  EXPECT_FALSE(figures_of(damaged).contains("bits_per_byte"));
}

TEST(QualityMetrics, AreDeclaredWithTheirErrors) {
  for (const auto& [name, value] : figures_of(four_windows())) {
    ASSERT_NE(find_metric(name), nullptr) << name;
    if (!name.ends_with("_se")) continue;
    const std::string of = name.substr(0, name.size() - 3);
    EXPECT_EQ(standard_error_of(of), find_metric(name));
    EXPECT_EQ(find_metric(of)->unit, find_metric(name)->unit);
  }
  EXPECT_EQ(standard_error_of("ttft_ns"), nullptr);
}

/// The windows again with every prediction `worse` bits worse, but for the last window.
Measurement worse_by(double worse, double noise = 0) {
  Measurement measurement = four_windows();
  for (auto& entry : measurement.series) {
    if (entry.name != kQualityNll && entry.name != kQualityKl) continue;
    for (std::size_t i = 0; i < entry.samples.size(); ++i) {
      entry.samples[i] += nats((worse + (i / 2 % 2 == 0 ? noise : -noise)) * std::numbers::ln2);
    }
  }
  derive_metrics(quality_case(), measurement);
  return measurement;
}

TEST(QualityDifference, IsOfPairsWhereTheWindowsAreTheSame) {
  const auto difference = quality_difference("bits_per_byte", worse_by(0), worse_by(0.2, 0.05));
  ASSERT_TRUE(difference);
  // 8 tokens, 16 bytes; 0.4 bits a window of 4 bytes, more or less 0.1.
  EXPECT_NEAR(difference->value, 0.1, 1e-10);
  EXPECT_NEAR(difference->standard_error.value(), std::sqrt(4.0 / 3 * 4 * 0.1 * 0.1) / 16, 1e-10);
  EXPECT_LT(*difference->standard_error, worse_by(0).metrics.at("bits_per_byte_se") / 5)
      << "the text's own difficulty is not in it";
  const auto kl = quality_difference("kl_mean", worse_by(0), worse_by(0.2, 0.05));
  EXPECT_NEAR(kl->value, 0.2 * std::numbers::ln2, 1e-10);
  EXPECT_FALSE(quality_difference("perplexity", worse_by(0), worse_by(1)));
}

TEST(QualityDifference, OfOtherWindowsHasTheErrorsOfBoth) {
  Measurement other = worse_by(0.2);
  for (auto& entry : other.series) {
    if (entry.name == kQualityBytes) entry.samples.front() += 1;
  }
  const auto difference = quality_difference("bits_per_byte", worse_by(0), other);
  ASSERT_TRUE(difference);
  EXPECT_DOUBLE_EQ(
      difference->standard_error.value(),
      std::hypot(worse_by(0).metrics.at("bits_per_byte_se"), other.metrics.at("bits_per_byte_se")));
  EXPECT_FALSE(quality_difference("bits_per_byte", worse_by(0), {}));
}

TEST(QualitySeries, AreDeclaredOnceWithAUnit) {
  std::set<std::string_view> names;
  for (const auto& spec : quality_series()) {
    EXPECT_TRUE(names.insert(spec.name).second) << spec.name;
    EXPECT_EQ(unit_of_series(spec.name), spec.unit);
    EXPECT_EQ(spec.definition.back(), '.');
  }
  EXPECT_EQ(unit_of_series("ttft"), "ns");
}

}  // namespace
}  // namespace ridgepoint
