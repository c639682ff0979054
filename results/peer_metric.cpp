#include "results/peer_metric.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <span>

#include "results/statistics/quantile.h"

namespace ridgepoint {
namespace {

using Samples = std::span<const std::int64_t>;

constexpr double kRequestsPerWindow = 5;
constexpr double kMostWindows = 200;

// ---- Which way is better, and in what unit ----

struct Pattern {
  std::string_view name;  ///< one '*' stands for anything, also for nothing
  Better better;
  std::string_view unit{};  ///< empty: by the name's last words
};

// The first that fits holds.
constexpr Pattern kPatterns[] = {
    {"vllm:request_throughput", Better::higher, "requests/s"},
    {"vllm:request_goodput", Better::higher, "requests/s"},
    {"vllm:*throughput", Better::higher, "tokens/s"},
    {"vllm:max_output_tokens_per_s", Better::higher, "tokens/s"},
    {"vllm:*_ms", Better::lower, "ms"},
    {"vllm:failed", Better::lower, "1"},

    {"aiperf:*throughput*", Better::higher},
    {"aiperf:*goodput*", Better::higher},
    {"aiperf:time_to_*", Better::lower},
    {"aiperf:*_latency_*", Better::lower},
    {"aiperf:*_duration_*ms", Better::lower},
    {"aiperf:request_error_rate*", Better::lower},

    {"mlperf:scheduled_samples_per_sec", Better::neither, "samples/s"},  // what was asked for
    {"mlperf:*latency_ns", Better::lower, "ns"},
    {"mlperf:time_per_output_token*", Better::lower, "ns"},
    {"mlperf:time_to_output_token*", Better::lower, "ns"},
    {"mlperf:*samples_per_sec*", Better::higher, "samples/s"},
    {"mlperf:*tokens_per_sec*", Better::higher, "tokens/s"},
    {"mlperf:token_throughput*", Better::higher, "tokens/s"},
    {"mlperf:qps_*", Better::higher, "queries/s"},
    {"mlperf:overlatency_query_count", Better::lower, "1"},

    {"llama-bench:avg_ns", Better::lower, "ns"},
    {"llama-bench:avg_ts", Better::higher, "tokens/s"},
};

struct UnitEnding {
  std::string_view ending, unit;
};

constexpr UnitEnding kUnitEndings[] = {
    {"_tokens_per_second_per_user", "tokens/s/user"},
    {"_tokens_per_second", "tokens/s"},
    {"_requests_per_second", "requests/s"},
    {"_ns", "ns"},
    {"_us", "us"},
    {"_ms", "ms"},
    {"_s", "s"},
    {"_percent", "%"},
};

bool fits(std::string_view name, std::string_view pattern) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) return name == pattern;
  std::string_view rest = pattern.substr(star + 1);
  if (!name.starts_with(pattern.substr(0, star))) return false;
  name.remove_prefix(star);
  const std::size_t second = rest.find('*');
  if (second == std::string_view::npos) return name.ends_with(rest);
  // "*x*y": the words between the stars somewhere, the rest at the end.
  const std::string_view middle = rest.substr(0, second), last = rest.substr(second + 1);
  const std::size_t at = name.find(middle);
  return at != std::string_view::npos && name.substr(at + middle.size()).ends_with(last);
}

std::string_view unit_by_ending(std::string_view name) {
  for (const UnitEnding& known : kUnitEndings) {
    if (name.ends_with(known.ending)) return known.unit;
  }
  return "1";
}

// ---- Single requests ----

/// How a peer's series are called; empty: it has none of the kind.
struct RequestSeries {
  std::string_view prefix;
  std::string_view first_token, whole, gaps, gap_counts, output_tokens, input_tokens, start;
};

constexpr RequestSeries kRequests[] = {
    {"vllm:", "vllm:ttft", "vllm:e2el", "vllm:itl", "vllm:itl_count", "vllm:output_tokens",
     "vllm:input_tokens", "vllm:start_time"},
    {"aiperf:", "aiperf:time_to_first_token", "aiperf:request_latency",
     "aiperf:inter_chunk_latency", "aiperf:inter_chunk_count", "aiperf:output_sequence_length",
     "aiperf:input_sequence_length", "aiperf:request_start"},
    {"mlperf:", "mlperf:first_token_latency", "mlperf:latency", "", "", "", "", "mlperf:scheduled"},
};

enum class Meaning : std::uint8_t {
  first_token,         ///< send to first token
  whole,               ///< send to last token
  each_further_token,  ///< (whole - first) / (tokens - 1)
  gap,                 ///< median of the gaps of a request
  request_rate,
  output_token_rate,
  token_rate,
};

struct Sampled {
  std::string_view name;  ///< as in Pattern
  Meaning meaning;
  bool primary = true;
};

// Medians and rates only: a test of medians says nothing of a mean or a percentile.
constexpr Sampled kSampled[] = {
    {"vllm:median_ttft_ms", Meaning::first_token},
    {"vllm:median_tpot_ms", Meaning::each_further_token},
    {"vllm:median_itl_ms", Meaning::gap},
    {"vllm:median_e2el_ms", Meaning::whole, false},
    {"vllm:request_throughput", Meaning::request_rate, false},
    {"vllm:output_throughput", Meaning::output_token_rate},
    {"vllm:total_token_throughput", Meaning::token_rate, false},

    {"aiperf:time_to_first_token_p50_*", Meaning::first_token},
    {"aiperf:inter_token_latency_p50_*", Meaning::each_further_token},
    {"aiperf:inter_chunk_latency_p50_*", Meaning::gap, false},
    {"aiperf:request_latency_p50_*", Meaning::whole},
    {"aiperf:request_throughput_avg_*", Meaning::request_rate, false},
    {"aiperf:output_token_throughput_avg_tokens_per_second", Meaning::output_token_rate},
    {"aiperf:total_token_throughput_avg_*", Meaning::token_rate, false},

    {"mlperf:50.00_percentile_latency_ns", Meaning::whole},
    {"mlperf:first_token_50.00_percentile_latency_ns", Meaning::first_token},
    {"mlperf:completed_samples_per_sec", Meaning::request_rate},
    {"mlperf:samples_per_second", Meaning::request_rate},
};

const Sampled* find_sampled(std::string_view name) {
  const auto* found = std::ranges::find_if(
      kSampled, [&](const Sampled& sampled) { return fits(name, sampled.name); });
  return found == std::end(kSampled) ? nullptr : found;
}

/// What a nanosecond is in the unit.
double per_ns(std::string_view unit) {
  if (unit == "us") return 1e-3;
  if (unit == "ms") return 1e-6;
  return unit == "s" ? 1e-9 : 1;
}

class Requests {
 public:
  Requests(const RequestSeries& names, const Measurement& measurement)
      : first_token_(samples(measurement, names.first_token)),
        whole_(samples(measurement, names.whole)),
        gaps_(samples(measurement, names.gaps)),
        gap_counts_(samples(measurement, names.gap_counts)),
        output_tokens_(samples(measurement, names.output_tokens)),
        input_tokens_(samples(measurement, names.input_tokens)),
        start_(samples(measurement, names.start)) {
    std::int64_t gaps = 0;
    for (const std::int64_t count : gap_counts_) {
      if (count < 0 || __builtin_add_overflow(gaps, count, &gaps)) gaps = -1;
      if (gaps < 0) break;
    }
    if (gaps != static_cast<std::int64_t>(gaps_.size())) gaps_ = gap_counts_ = {};
  }

  [[nodiscard]] std::vector<double> values(Meaning meaning, double factor) const {
    switch (meaning) {
      case Meaning::first_token:
        return scaled(first_token_, factor);
      case Meaning::whole:
        return scaled(whole_, factor);
      case Meaning::each_further_token:
        return further_tokens(factor);
      case Meaning::gap:
        return median_gaps(factor);
      case Meaning::request_rate:
      case Meaning::output_token_rate:
      case Meaning::token_rate:
        return rates(meaning);
    }
    return {};
  }

 private:
  static Samples samples(const Measurement& measurement, std::string_view name) {
    const Series* series = name.empty() ? nullptr : measurement.find(name);
    return series == nullptr ? Samples() : Samples(series->samples);
  }

  static std::vector<double> scaled(Samples samples, double factor) {
    std::vector<double> values;
    for (const std::int64_t sample : samples)
      values.push_back(static_cast<double>(sample) * factor);
    return values;
  }

  [[nodiscard]] std::vector<double> further_tokens(double factor) const {
    if (first_token_.size() != whole_.size() || output_tokens_.size() != whole_.size()) return {};
    std::vector<double> values;
    for (std::size_t i = 0; i < whole_.size(); ++i) {
      if (output_tokens_[i] < 2) continue;
      values.push_back((static_cast<double>(whole_[i]) - static_cast<double>(first_token_[i])) *
                       factor / static_cast<double>(output_tokens_[i] - 1));
    }
    return values;
  }

  [[nodiscard]] std::vector<double> median_gaps(double factor) const {
    std::vector<double> values;
    std::size_t from = 0;
    for (const std::int64_t count : gap_counts_) {
      const auto size = static_cast<std::size_t>(count);
      if (size > 0) values.push_back(median(gaps_.subspan(from, size)) * factor);
      from += size;
    }
    return values;
  }

  /// Something that happened at a moment, such as a token that came.
  struct Event {
    double at_ns, amount;
  };

  [[nodiscard]] std::vector<Event> events(Meaning meaning) const {
    std::vector<Event> all;
    const bool tokens = meaning != Meaning::request_rate;
    const bool timed = first_token_.size() == start_.size() && gap_counts_.size() == start_.size();
    std::size_t gap = 0;
    for (std::size_t i = 0; i < start_.size(); ++i) {
      const auto start = static_cast<double>(start_[i]);
      const double end = start + static_cast<double>(whole_[i]);
      if (!tokens) {
        all.push_back({end, 1});
        continue;
      }
      const auto output = static_cast<double>(output_tokens_[i]);
      if (meaning == Meaning::token_rate) {
        all.push_back({timed ? start + static_cast<double>(first_token_[i]) : end,
                       static_cast<double>(input_tokens_[i])});
      }
      if (!timed) {
        all.push_back({end, output});
        continue;
      }
      // A chunk may hold several tokens: they are spread evenly over the chunks of the request.
      const auto gaps = static_cast<std::size_t>(gap_counts_[i]);
      const double share = output / static_cast<double>(gaps + 1);
      double at = start + static_cast<double>(first_token_[i]);
      all.push_back({at, share});
      for (std::size_t k = 0; k < gaps; ++k) {
        at += static_cast<double>(gaps_[gap++]);
        all.push_back({at, share});
      }
    }
    return all;
  }

  /// Amount a second in each window.
  [[nodiscard]] std::vector<double> rates(Meaning meaning) const {
    const std::size_t count = start_.size();
    const bool tokens = meaning != Meaning::request_rate;
    if (count == 0 || whole_.size() != count || (tokens && output_tokens_.size() != count) ||
        (meaning == Meaning::token_rate && input_tokens_.size() != count)) {
      return {};
    }
    const auto windows = static_cast<std::size_t>(
        std::min(kMostWindows, std::floor(static_cast<double>(count) / kRequestsPerWindow)));
    if (windows == 0) return {};
    const auto first = static_cast<double>(std::ranges::min(start_));
    double last = first;
    for (std::size_t i = 0; i < count; ++i) {
      last = std::max(last, static_cast<double>(start_[i]) + static_cast<double>(whole_[i]));
    }
    const double width = (last - first) / static_cast<double>(windows);
    if (!(width > 0)) return {};
    std::vector<double> values(windows, 0.0);
    for (const Event& event : events(meaning)) {
      const double place =
          std::clamp((event.at_ns - first) / width, 0.0, static_cast<double>(windows) - 0.5);
      values[static_cast<std::size_t>(place)] += event.amount;
    }
    for (double& value : values) value *= 1e9 / width;
    return values;
  }

  Samples first_token_, whole_, gaps_, gap_counts_, output_tokens_, input_tokens_, start_;
};

}  // namespace

std::optional<PeerMetric> find_peer_metric(std::string_view name) {
  for (const Pattern& pattern : kPatterns) {
    if (!fits(name, pattern.name)) continue;
    return PeerMetric{std::string(pattern.unit.empty() ? unit_by_ending(name) : pattern.unit),
                      pattern.better};
  }
  return std::nullopt;
}

std::vector<std::string> primary_peer_metrics(const Measurement& measurement) {
  std::vector<std::string> names;
  for (const Sampled& sampled : kSampled) {
    if (!sampled.primary) continue;
    for (const auto& [name, value] : measurement.metrics) {
      if (fits(name, sampled.name)) names.push_back(name);
    }
  }
  return names;
}

RepetitionValues peer_repetition_values(std::string_view name, const Measurement& measurement) {
  const Sampled* sampled = find_sampled(name);
  if (sampled == nullptr) return {};
  for (const RequestSeries& series : kRequests) {
    if (!name.starts_with(series.prefix)) continue;
    const auto metric = find_peer_metric(name);
    return {Requests(series, measurement)
                .values(sampled->meaning, per_ns(metric ? metric->unit : "ns")),
            {}};
  }
  return {};
}

std::string_view samples_of_peer(std::string_view name) {
  if (find_sampled(name) == nullptr) {
    return name.find(':') == std::string_view::npos ? "" : "compare a median or a throughput";
  }
  if (name.starts_with("vllm:")) return "write the results with --save-detailed";
  if (name.starts_with("aiperf:")) {
    return "import the folder, where profile_export.jsonl lies beside the summary";
  }
  if (name.starts_with("mlperf:")) {
    return "log the trace, and import the folder with mlperf_log_trace.json";
  }
  return "";
}

}  // namespace ridgepoint
