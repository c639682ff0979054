#include "results/lens/lens.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "results/lens/request_timings.h"
#include "workloads/error.h"
#include "workloads/nearest_name.h"
#include "workloads/number_of.h"

namespace ridgepoint {
namespace {

using Source = RequestTimings::Source;

constexpr std::string_view kNames[] = {"vllm", "mlperf", "aiperf", "guidellm", "llama-bench"};

/// One quantity of the requests of a record, before a statistic is taken of it.
struct Quantity {
  std::vector<double> values{};   ///< one a request, or a gap; empty: only what was reported
  std::vector<double> weights{};  ///< beside values; empty: all alike
  ReportedStatistics reported{};
  PercentileRule rule = PercentileRule::interpolated;  ///< of the reported percentiles
  std::string basis{};
  std::string refusal{};  ///< why there is neither
};

Quantity refused(std::string reason) {
  Quantity quantity;
  quantity.refusal = std::move(reason);
  return quantity;
}

double mean_of(const Quantity& quantity) {
  if (quantity.weights.empty()) {
    return std::accumulate(quantity.values.begin(), quantity.values.end(), 0.0) /
           static_cast<double>(quantity.values.size());
  }
  const double weights = std::accumulate(quantity.weights.begin(), quantity.weights.end(), 0.0);
  return std::inner_product(quantity.values.begin(), quantity.values.end(),
                            quantity.weights.begin(), 0.0) /
         weights;
}

/// `fewer`: 0 divides by n, as numpy does; 1 by n - 1.
double deviation_of(const std::vector<double>& values, std::size_t fewer) {
  if (values.size() <= fewer) return 0;
  const double mean =
      std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(values.size() - fewer));
}

double percentile_of(std::vector<double> values, double p, PercentileRule rule) {
  std::ranges::sort(values);
  const std::size_t last = values.size() - 1;
  if (rule == PercentileRule::rank) {
    const double rank = std::floor(static_cast<double>(values.size()) * p);
    return values[std::min(last, static_cast<std::size_t>(rank))];
  }
  const double place = static_cast<double>(last) * p;
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, last);
  return values[below] + (values[above] - values[below]) * (place - static_cast<double>(below));
}

std::string of_requests(std::size_t count) {
  return "from " + number_of(count, "request");
}

// ---- the quantities ----

constexpr const char* kDueUnknown = "the file does not say when a request was due, only when sent";
constexpr const char* kSentUnknown =
    "LoadGen counts from when a request was due; only its trace says when it was sent";
constexpr const char* kNoRequest =
    "llama-bench sends no request: pp ends before a token is chosen, tg begins without a prompt";

std::string only_decodes(const RequestTimings& timings) {
  return timings.source == Source::llama_bench
             ? kNoRequest
             : "the case only decodes: there is no prompt and no first token";
}

/// `values` from the send, shifted to the clock asked for.
Quantity on_clock(const RequestTimings& t, const std::vector<double>& values,
                  const ReportedStatistics& reported, bool from_due) {
  Quantity quantity;
  const bool loadgen = t.source == Source::mlperf;
  if (!values.empty() && (!from_due || t.delay_ns.size() == values.size())) {
    quantity.values = values;
    quantity.basis = of_requests(values.size());
    if (from_due) {
      for (std::size_t i = 0; i < values.size(); ++i) quantity.values[i] += t.delay_ns[i];
      quantity.basis += t.due_when_sent ? ", due when sent" : ", from when each was due";
    }
    return quantity;
  }
  if (reported.empty() && !values.empty()) return refused(kDueUnknown);
  if (reported.empty()) {
    if (t.source == Source::llama_bench || t.source == Source::ridgepoint) {
      return refused(only_decodes(t));
    }
    return refused("neither single requests nor a figure of it are in the file");
  }
  if (from_due == loadgen) {
    quantity.reported = reported;
    quantity.rule = t.rule;
    quantity.basis = "as reported";
    return quantity;
  }
  if (loadgen) return refused(kSentUnknown);
  const auto mean = reported.find("mean");
  if (!t.mean_delay_ns || mean == reported.end()) return refused(kDueUnknown);
  quantity.reported = {{"mean", mean->second + *t.mean_delay_ns}};
  quantity.basis = "mean from the send + mean delay before it";
  quantity.refusal = "a percentile of a sum needs single requests";
  return quantity;
}

Quantity first_token(const RequestTimings& t, bool from_due) {
  return on_clock(t, t.ttft_ns, t.ttft, from_due);
}

Quantity latency(const RequestTimings& t, bool from_due) {
  return on_clock(t, t.end_to_end_ns, t.end_to_end, from_due);
}

bool knows_each(const RequestTimings& t) {
  return !t.ttft_ns.empty() && t.end_to_end_ns.size() == t.ttft_ns.size() &&
         t.output_tokens.size() == t.ttft_ns.size();
}

/// (last - first token) / (N - 1) of each request of two tokens or more. Both clocks give the same.
Quantity time_per_later_token(const RequestTimings& t) {
  Quantity quantity;
  if (knows_each(t)) {
    for (std::size_t i = 0; i < t.ttft_ns.size(); ++i) {
      if (t.output_tokens[i] < 2) continue;
      quantity.values.push_back((t.end_to_end_ns[i] - t.ttft_ns[i]) / (t.output_tokens[i] - 1));
    }
    if (quantity.values.empty()) return refused("no request has two tokens");
    quantity.basis = of_requests(quantity.values.size()) + " of two tokens or more";
    return quantity;
  }
  if (!t.tpot.empty()) {
    quantity.reported = t.tpot;
    quantity.rule = t.rule;
    quantity.basis = "as reported: the same definition";
    return quantity;
  }
  if (t.source == Source::llama_bench && t.gaps.contains("mean")) {
    quantity.reported = t.gaps;
    quantity.basis = "avg_ns / n_gen: steps without choosing a token";
    quantity.refusal = "llama-bench times all steps of a repetition together";
    return quantity;
  }
  if (t.source == Source::llama_bench || t.source == Source::ridgepoint) {
    return refused(only_decodes(t));
  }
  return refused("needs each request's first and last token and its number of tokens");
}

/// Single gaps, of all requests together.
Quantity pooled_gaps(const RequestTimings& t) {
  Quantity quantity;
  if (!t.gaps_ns.empty()) {
    quantity.values = t.gaps_ns;
    quantity.basis = fmt::format("from {}, pooled", number_of(t.gaps_ns.size(), "gap"));
    return quantity;
  }
  if (!t.gaps.empty()) {
    quantity.reported = t.gaps;
    quantity.basis = t.source == Source::llama_bench
                         ? "avg_ns / n_gen: steps without choosing a token"
                         : "as reported: gaps between chunks, pooled";
    quantity.refusal = "llama-bench times all steps of a repetition together";
    return quantity;
  }
  return refused("single gaps between tokens are not in the record");
}

struct Totals {
  double end_to_end_ns = 0, later_ns = 0, tokens = 0, requests = 0;
};

/// Sums over requests: from single ones, or from means times how many.
std::optional<Totals> totals(const RequestTimings& t) {
  if (knows_each(t)) {
    Totals sums;
    for (std::size_t i = 0; i < t.ttft_ns.size(); ++i) {
      sums.end_to_end_ns += t.end_to_end_ns[i];
      sums.later_ns += t.end_to_end_ns[i] - t.ttft_ns[i];
      sums.tokens += t.output_tokens[i];
    }
    sums.requests = static_cast<double>(t.ttft_ns.size());
    return sums;
  }
  const auto all = t.end_to_end.find("mean"), first = t.ttft.find("mean");
  if (t.source == Source::mlperf || !t.requests || !t.total_output_tokens ||
      all == t.end_to_end.end() || first == t.ttft.end()) {
    return std::nullopt;
  }
  return Totals{*t.requests * all->second, *t.requests * (all->second - first->second),
                *t.total_output_tokens, *t.requests};
}

/// GuideLLM's two means over tokens, which are sums over sums; so means of requests are enough.
Quantity over_all_tokens(const RequestTimings& t, bool with_first) {
  const auto sums = totals(t);
  if (!sums) {
    if (t.source == Source::mlperf) {
      return refused("LoadGen logs no number of tokens of each request, and counts from when due");
    }
    if (t.source == Source::llama_bench || t.source == Source::ridgepoint) {
      return refused(only_decodes(t));
    }
    return refused("needs mean latency, mean TTFT, and how many requests and tokens there were");
  }
  const double tokens = with_first ? sums->tokens : sums->tokens - sums->requests;
  if (!(tokens > 0)) return refused("no request has two tokens");
  Quantity quantity;
  quantity.reported = {{"mean", (with_first ? sums->end_to_end_ns : sums->later_ns) / tokens}};
  quantity.basis = knows_each(t) ? of_requests(t.ttft_ns.size()) + ", weighted by tokens"
                                 : "means x requests / tokens: exact for a mean over tokens";
  quantity.refusal = "weights differ from request to request";
  return quantity;
}

// ---- statistics of them ----

/// How the peer looked through takes its statistics.
struct Habits {
  PercentileRule rule = PercentileRule::interpolated;
  double scale = 1e-6;  ///< from nanoseconds
  std::string unit = "ms";
};

LensFigure figure(std::string name, const Quantity& quantity, const std::string& statistic,
                  const Habits& habits) {
  LensFigure result{std::move(name), habits.unit, std::nullopt, quantity.basis};
  if (!quantity.values.empty()) {
    double ns = 0;
    if (statistic == "mean") {
      ns = mean_of(quantity);
    } else if (statistic == "std") {
      ns = deviation_of(quantity.values, 0);
    } else {
      ns = percentile_of(quantity.values, std::stod(statistic.substr(1)) / 100, habits.rule);
    }
    result.value = ns * habits.scale;
    return result;
  }
  const auto known = quantity.reported.find(statistic);
  if (known == quantity.reported.end()) {
    result.basis = quantity.refusal.empty() ? "not reported, and single requests are not known"
                                            : quantity.refusal;
    return result;
  }
  if (statistic.starts_with('p') && quantity.rule != habits.rule) {
    result.basis = "one program interpolates between ranks and the other does not: needs requests";
    return result;
  }
  result.value = known->second * habits.scale;
  return result;
}

std::vector<LensFigure> as_vllm(const RequestTimings& t) {
  std::vector<LensFigure> figures;
  for (const auto& [what, quantity] :
       {std::pair("ttft", first_token(t, false)), std::pair("tpot", time_per_later_token(t)),
        std::pair("itl", pooled_gaps(t)), std::pair("e2el", latency(t, false))}) {
    for (const auto& [called, statistic] : {std::pair("mean", "mean"), std::pair("median", "p50"),
                                            std::pair("std", "std"), std::pair("p99", "p99")}) {
      figures.push_back(
          figure(fmt::format("{}_{}_ms", called, what), quantity, statistic, Habits()));
    }
  }
  return figures;
}

std::vector<LensFigure> as_aiperf(const RequestTimings& t) {
  std::vector<LensFigure> figures;
  const Quantity per_token = time_per_later_token(t);
  for (const auto& [what, quantity] : {std::pair("time_to_first_token", first_token(t, false)),
                                       std::pair("inter_token_latency", per_token),
                                       std::pair("inter_chunk_latency", pooled_gaps(t)),
                                       std::pair("request_latency", latency(t, false))}) {
    for (const auto& [called, statistic] :
         {std::pair("avg", "mean"), std::pair("p50", "p50"), std::pair("p90", "p90"),
          std::pair("p99", "p99"), std::pair("std", "std")}) {
      figures.push_back(figure(fmt::format("{} {}", what, called), quantity, statistic, Habits()));
    }
  }
  LensFigure per_user{"output_token_throughput_per_user avg", "tokens/s", std::nullopt, ""};
  if (per_token.values.empty()) {
    per_user.basis = per_token.refusal.empty()
                         ? "the mean of 1/x is not 1/the mean of x: needs single requests"
                         : per_token.refusal;
  } else {
    double sum = 0;
    for (const double ns : per_token.values) sum += 1e9 / ns;
    const double mean = sum / static_cast<double>(per_token.values.size());
    per_user.basis = "mean of 1 / inter_token_latency, " + per_token.basis;
    if (std::isfinite(mean)) {
      per_user.value = mean;
    } else {
      per_user.basis = "a request whose tokens came all at once has no rate";
    }
  }
  figures.push_back(per_user);
  return figures;
}

std::vector<LensFigure> as_guidellm(const RequestTimings& t) {
  const Habits seconds{PercentileRule::interpolated, 1e-9, "s"};
  return {figure("time_to_first_token_ms mean", first_token(t, false), "mean", Habits()),
          figure("time_to_first_token_ms median", first_token(t, false), "p50", Habits()),
          figure("time_per_output_token_ms mean", over_all_tokens(t, true), "mean", Habits()),
          figure("inter_token_latency_ms mean", over_all_tokens(t, false), "mean", Habits()),
          figure("request_latency mean", latency(t, false), "mean", seconds)};
}

std::vector<LensFigure> as_mlperf(const RequestTimings& t) {
  const Habits habits{PercentileRule::rank, 1, "ns"};
  std::vector<LensFigure> figures;
  Quantity per_token = time_per_later_token(t);
  const bool single = std::ranges::any_of(t.output_tokens, [](double n) { return n < 2; });
  if (single) per_token = refused("LoadGen takes no request of a single token as valid");
  // LoadGen divides in whole nanoseconds.
  for (double& ns : per_token.values) ns = std::floor(ns);
  for (const auto& [what, quantity] : {std::pair("latency", latency(t, true)),
                                       std::pair("first token latency", first_token(t, true)),
                                       std::pair("time per output token", per_token)}) {
    for (const auto& [called, statistic] :
         {std::pair("mean", "mean"), std::pair("50.00 percentile", "p50"),
          std::pair("90.00 percentile", "p90"), std::pair("99.00 percentile", "p99")}) {
      figures.push_back(figure(fmt::format("{} {}", called, what), quantity, statistic, habits));
    }
  }
  return figures;
}

void add_rates(const std::string& test, const std::vector<double>& rates, const std::string& basis,
               std::vector<LensFigure>& figures) {
  Quantity quantity;
  quantity.values = rates;
  figures.push_back({test + " avg_ts", "tokens/s", mean_of(quantity), basis});
  figures.push_back({test + " stddev_ts", "tokens/s", deviation_of(rates, 1), basis});
}

void refuse_rates(const std::string& test, const std::string& reason,
                  std::vector<LensFigure>& figures) {
  for (const char* what : {" avg_ts", " stddev_ts"}) {
    figures.push_back({test + what, "tokens/s", std::nullopt, reason});
  }
}

std::vector<LensFigure> as_llama_bench(const RequestTimings& t) {
  std::vector<LensFigure> figures;
  if (t.source == Source::llama_bench) {
    const std::string test = t.prompt > 0 ? (t.generate > 0 ? "pp+tg" : "pp") : "tg";
    figures.push_back({test + " avg_ts", "tokens/s", t.avg_ts, "as reported"});
    figures.push_back({test + " stddev_ts", "tokens/s", t.stddev_ts, "as reported"});
    return figures;
  }
  if (!t.alone) {
    const std::string reason = "llama-bench runs one sequence; these ran beside each other";
    refuse_rates("pp", reason, figures);
    refuse_rates("tg", reason, figures);
    return figures;
  }
  std::vector<double> prefill, decode = t.decode_rates;
  if (knows_each(t) && t.prompt_tokens.size() == t.ttft_ns.size()) {
    for (std::size_t i = 0; i < t.ttft_ns.size(); ++i) {
      if (t.ttft_ns[i] > 0) prefill.push_back(t.prompt_tokens[i] * 1e9 / t.ttft_ns[i]);
      const double later = t.end_to_end_ns[i] - t.ttft_ns[i];
      if (t.output_tokens[i] > 1 && later > 0) {
        decode.push_back((t.output_tokens[i] - 1) * 1e9 / later);
      }
    }
  }
  if (prefill.empty()) {
    refuse_rates("pp",
                 t.decode_rates.empty() ? "needs single requests with their prompt's length"
                                        : only_decodes(t),
                 figures);
  } else {
    add_rates("pp", prefill, "prompt / TTFT: at most what pp gives, which chooses no token",
              figures);
  }
  if (decode.empty()) {
    refuse_rates("tg", "needs single requests of two tokens or more", figures);
  } else {
    add_rates("tg", decode,
              t.decode_rates.empty() ? "(N - 1) / (last - first token), after the prompt"
                                     : "steps of each repetition",
              figures);
  }
  return figures;
}

}  // namespace

std::span<const std::string_view> lens_names() {
  return kNames;
}

std::vector<LensFigure> look_through(const Record& record, std::string_view lens) {
  if (std::ranges::find(kNames, lens) == std::end(kNames)) {
    throw Error(fmt::format("--lens: unknown peer '{}'{}; choose from {}", lens,
                            did_you_mean(lens, kNames), fmt::join(kNames, ", ")));
  }
  const RequestTimings timings = request_timings(record);
  if (timings.source == Source::none) return {};
  if (lens == "vllm") return as_vllm(timings);
  if (lens == "mlperf") return as_mlperf(timings);
  if (lens == "aiperf") return as_aiperf(timings);
  if (lens == "guidellm") return as_guidellm(timings);
  return as_llama_bench(timings);
}

}  // namespace ridgepoint
