#include "results/repetition_values.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <numeric>
#include <optional>
#include <span>

#include "results/metric.h"
#include "results/peer_metric.h"
#include "results/statistics/quantile.h"

namespace ridgepoint {
namespace {

using Samples = std::span<const std::int64_t>;

/// The samples of each process; one part where nobody said which process took which.
std::vector<Samples> by_process(const Series& series) {
  const Samples all = series.samples;
  const std::vector<std::int64_t>& counts = series.process_counts;
  const bool fits = !counts.empty() &&
                    std::ranges::all_of(counts, [](std::int64_t n) { return n >= 0; }) &&
                    std::accumulate(counts.begin(), counts.end(), std::int64_t{0}) ==
                        static_cast<std::int64_t>(all.size());
  if (!fits) return {all};
  std::vector<Samples> parts;
  std::size_t from = 0;
  for (const std::int64_t count : counts) {
    parts.push_back(all.subspan(from, static_cast<std::size_t>(count)));
    from += static_cast<std::size_t>(count);
  }
  return parts;
}

/// Gathers the values process by process.
class Gathering {
 public:
  explicit Gathering(std::size_t processes) : several_(processes > 1) {}
  void add(double value) { result_.values.push_back(value); }
  void end_process() {
    const auto total = static_cast<std::int64_t>(result_.values.size());
    if (several_ && total > counted_) result_.process_counts.push_back(total - counted_);
    counted_ = total;
  }
  RepetitionValues finish() { return std::move(result_); }

 private:
  bool several_;
  std::int64_t counted_ = 0;
  RepetitionValues result_;
};

class Repetitions {
 public:
  Repetitions(const Case& subject, const Measurement& measurement)
      : subject_(subject), measurement_(measurement) {}

  /// One value a sample.
  template <class Value>
  [[nodiscard]] RepetitionValues each(std::string_view name, Value&& value) const {
    const Series* series = measurement_.find(name);
    return series == nullptr ? RepetitionValues{} : each(*series, value);
  }

  template <class Value>
  [[nodiscard]] static RepetitionValues each(const Series& series, Value&& value) {
    const std::vector<Samples> parts = by_process(series);
    Gathering gathering(parts.size());
    for (const Samples part : parts) {
      for (const std::int64_t sample : part) gathering.add(value(static_cast<double>(sample)));
      gathering.end_process();
    }
    return gathering.finish();
  }

  /// One value a pair of samples of two series; what one of them lacks at the end of a process is
  /// left out.
  template <class Value>
  [[nodiscard]] RepetitionValues pairs(std::string_view left, std::string_view right,
                                       Value&& value) const {
    const Series* first = measurement_.find(left);
    const Series* second = measurement_.find(right);
    if (first == nullptr || second == nullptr) return {};
    std::vector<Samples> firsts = by_process(*first);
    std::vector<Samples> seconds = by_process(*second);
    if (firsts.size() != seconds.size()) {
      firsts = {first->samples};
      seconds = {second->samples};
    }
    Gathering gathering(firsts.size());
    for (std::size_t p = 0; p < firsts.size(); ++p) {
      for (std::size_t i = 0; i < std::min(firsts[p].size(), seconds[p].size()); ++i) {
        gathering.add(value(static_cast<double>(firsts[p][i]), static_cast<double>(seconds[p][i])));
      }
      gathering.end_process();
    }
    return gathering.finish();
  }

  /// Rates of generate-only cases: whole repetitions of `generate` steps.
  [[nodiscard]] RepetitionValues step_rates() const {
    const Series* series = measurement_.find("decode_step");
    const auto each_repetition = static_cast<std::size_t>(subject_.generate);
    if (series == nullptr || each_repetition == 0) return {};
    const std::vector<Samples> parts = by_process(*series);
    Gathering gathering(parts.size());
    for (const Samples part : parts) {
      for (std::size_t i = 0; i + each_repetition <= part.size(); i += each_repetition) {
        double total = 0;
        for (const std::int64_t step : part.subspan(i, each_repetition)) {
          total += static_cast<double>(step);
        }
        gathering.add(batch() * generate() * 1e9 / total);
      }
      gathering.end_process();
    }
    return gathering.finish();
  }

  [[nodiscard]] RepetitionValues gap_percentiles(double p) const {
    const Series* gaps = token_gaps(measurement_);
    if (gaps == nullptr) return {};
    const std::vector<Samples> parts = by_process(*gaps);
    Gathering gathering(parts.size());
    for (const Samples part : parts) {
      if (const auto claim = claim_quantile(part, p).value) gathering.add(*claim);
      gathering.end_process();
    }
    return gathering.finish();
  }

  [[nodiscard]] std::optional<double> known(const std::string& name) const {
    const auto found = measurement_.metrics.find(name);
    if (found == measurement_.metrics.end()) return std::nullopt;
    return found->second;
  }

  [[nodiscard]] double batch() const { return static_cast<double>(subject_.batch); }
  [[nodiscard]] double prompt() const { return static_cast<double>(subject_.prompt); }
  [[nodiscard]] double generate() const { return static_cast<double>(subject_.generate); }

 private:
  const Case& subject_;
  const Measurement& measurement_;
};

double itself(double sample_ns) {
  return sample_ns;
}

RepetitionValues of_model(std::string_view metric, const Case& subject, const Repetitions& data) {
  const bool prefills = subject.prompt > 0;
  if (metric == "prefill_tokens_per_second" && prefills) {
    return data.each("ttft", [&](double ns) { return data.batch() * data.prompt() * 1e9 / ns; });
  }
  if (metric == "prefill_flops_per_second" && prefills) {
    const auto work = data.known("prefill_work_flops");
    if (!work) return {};
    return data.each("ttft", [&](double ns) { return *work * 1e9 / ns; });
  }
  if (metric == "output_tokens_per_second" && subject.generate > 0) {
    return data.each("end_to_end",
                     [&](double ns) { return data.batch() * data.generate() * 1e9 / ns; });
  }
  if (metric == "tpot_ns" && prefills && subject.generate > 1) {
    return data.pairs("ttft", "end_to_end", [&](double ttft, double end) {
      return (end - ttft) / (data.generate() - 1);
    });
  }
  if (metric == "decode_tokens_per_second" && subject.generate > 0) {
    if (!prefills) return data.step_rates();
    if (subject.generate < 2) return {};
    return data.pairs("ttft", "end_to_end", [&](double ttft, double end) {
      return data.batch() * (data.generate() - 1) * 1e9 / (end - ttft);
    });
  }
  return {};
}

}  // namespace

RepetitionValues repetition_values(std::string_view metric, const Case& subject,
                                   const Measurement& measurement) {
  const Repetitions data(subject, measurement);
  if (metric == "load_ns") return data.each("load", itself);
  if (metric == "ttft_ns") return data.each("ttft", itself);
  if (metric == "end_to_end_ns") return data.each("end_to_end", itself);
  if (metric == "run_ns") return data.each("run", itself);
  if (metric == "real_time_ns") {
    if (measurement.find("iterations") == nullptr) return data.each("total", itself);
    return data.pairs("total", "iterations",
                      [](double total, double iterations) { return total / iterations; });
  }
  if (metric == "inter_token_ns") {
    const Series* gaps = token_gaps(measurement);
    return gaps == nullptr ? RepetitionValues{} : Repetitions::each(*gaps, itself);
  }
  if (metric == "inter_token_p90_ns") return data.gap_percentiles(0.90);
  if (metric == "inter_token_p99_ns") return data.gap_percentiles(0.99);
  if (subject.workload == "ceiling") {
    if (metric != "latency_ns") return data.each(metric, itself);
    return data.each("latency_ps", [](double ps) { return ps / 1000; });
  }
  if (subject.workload == "imported") return peer_repetition_values(metric, measurement);
  return subject.workload == "llm" ? of_model(metric, subject, data) : RepetitionValues{};
}

}  // namespace ridgepoint
