#include "results/quality_metrics.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>
#include <string>
#include <vector>

#include "results/statistics/clustered_estimate.h"
#include "results/statistics/quantile.h"

namespace ridgepoint {
namespace {

constexpr QualitySeriesSpec kQualitySeries[] = {
    {kQualityTokens, "1", "Scored tokens of each window."},
    {kQualityBytes, "bytes", "Bytes that each scored token stands for."},
    {kQualityNll, "pnat",
     "Minus the logarithm of the probability that the model gives the token that follows, in "
     "10^-12 "
     "nats."},
    {kQualityBaselineNll, "pnat", "The same of the baseline."},
    {kQualityKl, "pnat",
     "Kullback-Leibler divergence of the model's distribution from the baseline's, sum of p "
     "ln(p/q) "
     "with p the baseline's, in 10^-12 nats."},
    {kQualitySameTop, "1",
     "1 where the most probable token (the lowest id among equals) is the same as the baseline's, "
     "else 0."},
    {kQualityGreedyPrefix, "1",
     "Tokens that model and baseline choose alike, after half of each window, before they part."},
    {kQualityGreedyEqual, "1", "Of the tokens chosen there, how many are equal, place by place."},
};

/// One value a window, and sums of values of its tokens.
using ByWindow = std::vector<double>;

class QualityDerivation {
 public:
  explicit QualityDerivation(Measurement& measurement) : measurement_(measurement) {}

  void run(const Case& subject) {
    find_windows();
    if (counts_.empty()) return;
    tokens_ = ByWindow(counts_.begin(), counts_.end());
    metric("scored_tokens") = total(tokens_);
    derive_likelihood();
    derive_baseline();
    if (subject.greedy > 0) derive_greedy(static_cast<double>(subject.greedy));
  }

 private:
  double& metric(const std::string& name) { return measurement_.metrics[name]; }

  void put(const std::string& name, double value, std::optional<double> standard_error) {
    if (!std::isfinite(value)) return;
    metric(name) = value;
    if (standard_error && std::isfinite(*standard_error)) metric(name + "_se") = *standard_error;
  }
  void put(const std::string& name, const ClusteredEstimate& estimate) {
    put(name, estimate.value, estimate.standard_error);
  }

  [[nodiscard]] std::span<const std::int64_t> samples(std::string_view name) const {
    const Series* series = measurement_.find(name);
    return series == nullptr ? std::span<const std::int64_t>() : series->samples;
  }

  static double total(const ByWindow& values) {
    double sum = 0;
    for (const double value : values) sum += value;
    return sum;
  }

  /// The windows all of whose tokens arrived, by the series that every quality case has.
  void find_windows() {
    const std::size_t there = std::min(samples(kQualityNll).size(), samples(kQualityBytes).size());
    std::size_t taken = 0;
    for (const std::int64_t count : samples(kQualityTokens)) {
      if (count < 1 || taken + static_cast<std::size_t>(count) > there) return;
      counts_.push_back(count);
      taken += static_cast<std::size_t>(count);
    }
  }

  /// Of a series of tokens, as far as there are windows; empty where it is shorter than those.
  [[nodiscard]] std::vector<double> of_tokens(std::string_view name, double unit) const {
    const auto all = samples(name);
    std::size_t count = 0;
    for (const std::int64_t window : counts_) count += static_cast<std::size_t>(window);
    std::vector<double> values;
    if (all.size() < count) return values;
    values.reserve(count);
    for (const std::int64_t sample : all.first(count)) {
      values.push_back(static_cast<double>(sample) / unit);
    }
    return values;
  }

  [[nodiscard]] ByWindow sums(std::span<const double> values) const {
    ByWindow result;
    std::size_t from = 0;
    for (const std::int64_t count : counts_) {
      double sum = 0;
      for (const double value : values.subspan(from, static_cast<std::size_t>(count))) sum += value;
      result.push_back(sum);
      from += static_cast<std::size_t>(count);
    }
    return result;
  }

  [[nodiscard]] ClusteredEstimate mean(std::span<const double> values) const {
    return ratio_of_sums(sums(values), tokens_);
  }

  void derive_likelihood() {
    nll_ = of_tokens(kQualityNll, kPicoNatsInANat);
    const auto nats = mean(nll_);
    put("nll_per_token", nats);
    // exp is smooth: its error is its slope times that of the mean.
    const double perplexity = std::exp(nats.value);
    put("perplexity", perplexity, scaled(nats.standard_error, perplexity));
    const auto bytes = sums(of_tokens(kQualityBytes, 1));
    metric("scored_bytes") = total(bytes);
    if (total(bytes) > 0) {
      const auto nats_a_byte = ratio_of_sums(sums(nll_), bytes);
      put("bits_per_byte", nats_a_byte.value / std::numbers::ln2,
          scaled(nats_a_byte.standard_error, 1 / std::numbers::ln2));
    }
  }

  static std::optional<double> scaled(std::optional<double> value, double factor) {
    if (value) *value *= factor;
    return value;
  }

  void derive_baseline() {
    const auto baseline = of_tokens(kQualityBaselineNll, kPicoNatsInANat);
    const auto kl = of_tokens(kQualityKl, kPicoNatsInANat);
    const auto same_top = of_tokens(kQualitySameTop, 1);
    if (baseline.empty() || kl.empty() || same_top.empty()) return;
    std::vector<double> increase(nll_.size());
    std::vector<double> delta(nll_.size());
    std::vector<double> squared(nll_.size());
    for (std::size_t i = 0; i < nll_.size(); ++i) {
      increase[i] = nll_[i] - baseline[i];
      delta[i] = std::exp(-nll_[i]) - std::exp(-baseline[i]);
      squared[i] = delta[i] * delta[i];
    }
    const auto log_ratio = mean(increase);
    put("perplexity_increase", std::expm1(log_ratio.value),
        scaled(log_ratio.standard_error, std::exp(log_ratio.value)));
    put("kl_mean", mean(kl));
    put("kl_median", clustered_quantile(kl, counts_, 0.5));
    for (const auto& [name, p] : {std::pair("kl_p99", 0.99), std::pair("kl_p999", 0.999)}) {
      if (static_cast<std::int64_t>(kl.size()) < samples_needed(p)) continue;
      put(name, clustered_quantile(kl, counts_, p));
    }
    put("kl_max", *std::ranges::max_element(kl), std::nullopt);
    put("top1_agreement", mean(same_top));
    const auto mean_square = mean(squared);
    const double rms = std::sqrt(mean_square.value);
    put("delta_p_rms", rms,
        rms > 0 ? scaled(mean_square.standard_error, 0.5 / rms) : mean_square.standard_error);
    put("delta_p_mean", mean(delta));
  }

  void derive_greedy(double chosen) {
    const auto one_a_window = [&](std::string_view name, double each) {
      const auto values = samples(name);
      const std::size_t windows = std::min(values.size(), counts_.size());
      ByWindow sum;
      for (const std::int64_t value : values.first(windows)) {
        sum.push_back(static_cast<double>(value));
      }
      return ratio_of_sums(sum, ByWindow(windows, each));
    };
    put("greedy_prefix_tokens", one_a_window(kQualityGreedyPrefix, 1));
    put("greedy_agreement", one_a_window(kQualityGreedyEqual, chosen));
  }

  Measurement& measurement_;
  std::vector<std::int64_t> counts_;  ///< scored tokens of each window
  ByWindow tokens_;                   ///< the same, as a denominator
  std::vector<double> nll_;
};

/// Where both have the same windows of the same tokens, as far as their samples say.
std::optional<ClusteredEstimate> paired_difference(bool of_text, const Measurement& a,
                                                   const Measurement& b) {
  const auto same = [&](std::string_view name) {
    const Series* left = a.find(name);
    const Series* right = b.find(name);
    return left != nullptr && right != nullptr && left->samples == right->samples;
  };
  // The same text under another vocabulary, or another text, has other tokens.
  if (!same(kQualityTokens) || !same(kQualityBytes)) return std::nullopt;
  const std::string_view values = of_text ? kQualityNll : kQualityKl;
  const Series* left = a.find(values);
  const Series* right = b.find(values);
  const auto& bytes = a.find(kQualityBytes)->samples;
  if (left == nullptr || right == nullptr || left->samples.size() != bytes.size() ||
      right->samples.size() != bytes.size()) {
    return std::nullopt;
  }
  ByWindow differences, sizes;
  std::size_t token = 0;
  for (const std::int64_t count : a.find(kQualityTokens)->samples) {
    differences.push_back(0);
    sizes.push_back(0);
    for (std::int64_t i = 0; i < count && token < bytes.size(); ++i, ++token) {
      differences.back() += static_cast<double>(right->samples[token] - left->samples[token]) /
                            kPicoNatsInANat / (of_text ? std::numbers::ln2 : 1);
      sizes.back() += of_text ? static_cast<double>(bytes[token]) : 1;
    }
  }
  return ratio_of_sums(differences, sizes);
}

}  // namespace

std::span<const QualitySeriesSpec> quality_series() {
  return kQualitySeries;
}

void derive_quality_metrics(const Case& subject, Measurement& measurement) {
  QualityDerivation(measurement).run(subject);
}

std::optional<ClusteredEstimate> quality_difference(std::string_view metric, const Measurement& a,
                                                    const Measurement& b) {
  const bool of_text = metric == "bits_per_byte";
  if (!of_text && metric != "kl_mean") return std::nullopt;
  const std::string name(metric);
  const auto of_a = a.metrics.find(name);
  const auto of_b = b.metrics.find(name);
  if (of_a == a.metrics.end() || of_b == b.metrics.end()) return std::nullopt;
  if (auto paired = paired_difference(of_text, a, b)) return paired;
  ClusteredEstimate difference{.value = of_b->second - of_a->second,
                               .standard_error = std::nullopt};
  const auto error_a = a.metrics.find(name + "_se");
  const auto error_b = b.metrics.find(name + "_se");
  if (error_a != a.metrics.end() && error_b != b.metrics.end()) {
    difference.standard_error = std::hypot(error_a->second, error_b->second);
  }
  return difference;
}

}  // namespace ridgepoint
