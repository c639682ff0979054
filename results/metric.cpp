#include "results/metric.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <stdexcept>
#include <vector>

#include "results/peer_metric.h"
#include "results/quality_metrics.h"
#include "results/repetition_values.h"
#include "results/statistics/quantile.h"

namespace ridgepoint {
namespace {

constexpr MetricSpec kMetrics[] = {
    {"repetitions", "1", Better::neither, "n", Shown::speed,
     "Complete measured repetitions behind the figures of the case."},
    {"prefill_tokens_per_second", "tokens/s", Better::higher, "pp tok/s", Shown::speed,
     "batch * prompt / TTFT of each repetition, as llama-bench counts pp; the median over "
     "repetitions."},
    {"decode_tokens_per_second", "tokens/s", Better::higher, "tg tok/s", Shown::speed,
     "Generate-only cases: batch * generate / the sum of a repetition's decode steps; cases with a "
     "prompt: batch * (generate - 1) / (end to end - TTFT) of each repetition; the median over "
     "repetitions."},
    {"output_tokens_per_second", "tokens/s", Better::higher, "out tok/s", Shown::nowhere,
     "batch * generate / end to end of each repetition, so prefill included; the median over "
     "repetitions."},
    {"ttft_ns", "ns", Better::lower, "TTFT", Shown::speed,
     "Time to first token: from the prompt going in to the first token being known; the median "
     "over "
     "repetitions."},
    {"tpot_ns", "ns", Better::lower, "TPOT", Shown::speed,
     "Time per output token: (end to end - TTFT) / (generate - 1) of each repetition; the median "
     "over repetitions; absent when generate is 1."},
    {"inter_token_ns", "ns", Better::lower, "gap p50", Shown::speed,
     "The median of the gaps between neighbouring tokens (of the decode steps in a generate-only "
     "case), pooled over repetitions."},
    {"inter_token_p90_ns", "ns", Better::lower, "gap p90", Shown::nowhere,
     "The 90th percentile of the same gaps; absent below the 29 gaps that support it."},
    {"inter_token_p99_ns", "ns", Better::lower, "gap p99", Shown::speed,
     "The 99th percentile of the same gaps; absent below the 299 gaps that support it."},
    {"end_to_end_ns", "ns", Better::lower, "e2e", Shown::speed,
     "From the prompt going in to the last token being known; the median over repetitions."},
    {"load_ns", "ns", Better::lower, "load", Shown::cost,
     "From opening the model file to a session that is ready; the median over loads."},
    {"run_ns", "ns", Better::lower, "time", Shown::speed,
     "One pass of the operator; the median over passes."},
    {"precision_percent", "%", Better::lower, "±", Shown::speed,
     "Half the width of the 95 % interval of the median of end_to_end_ns or run_ns, over the "
     "processes that measured the case, as a share of that median; absent for a single process. Of "
     "a ceiling: of its median over batches, or over the working sets of its level."},
    {"flops_per_second", "FLOP/s", Better::higher, "FLOP/s", Shown::speed,
     "work_flops / run_ns: what the operator must compute, over its median time; of a ceiling: "
     "what "
     "was computed over the time it took, the median over batches."},
    {"bytes_per_second", "bytes/s", Better::higher, "bytes/s", Shown::speed,
     "work_bytes / run_ns: what the operator must move at the least, over its median time; of a "
     "ceiling: what was read and written on purpose over the time it took, the median over the "
     "working sets of its level."},
    {"operations_per_second", "OP/s", Better::higher, "OP/s", Shown::speed,
     "Ceilings: integer operations over the time they took, the median over batches; a product "
     "with a sum is two."},
    {"latency_ns", "ns", Better::lower, "latency", Shown::speed,
     "Ceilings: one step of a walk through memory in random order, the median over the working "
     "sets "
     "of its level."},
    {"clock_hz", "Hz", Better::neither, "clock", Shown::speed,
     "Ceilings: cycles of a chain of dependent additions over the time it took, the median over "
     "the "
     "moments it was timed."},
    {"real_time_ns", "ns", Better::lower, "real time", Shown::speed,
     "Imported benchmarks: wall-clock time of one iteration; the median over repetitions."},
    {"cpu_time_ns", "ns", Better::lower, "CPU time", Shown::speed,
     "Imported benchmarks: CPU time of one iteration; the median over repetitions."},
    {"prefill_flops_per_second", "FLOP/s", Better::higher, "pp FLOP/s", Shown::cost,
     "prefill_work_flops / TTFT of each repetition; the median over repetitions."},
    {"decode_bytes_per_second", "bytes/s", Better::higher, "tg bytes/s", Shown::cost,
     "decode_work_bytes * decode_tokens_per_second / batch: what decode steps must move at the "
     "least, over their time."},
    {"memory_weights_bytes", "bytes", Better::lower, "weights", Shown::cost,
     "Bytes of weights that the backend holds bound, mapped or copied."},
    {"memory_kv_bytes", "bytes", Better::lower, "KV", Shown::cost,
     "Bytes of the KV cache at its capacity."},
    {"memory_activations_bytes", "bytes", Better::lower, "activations", Shown::cost,
     "Bytes of the activations that the backend holds."},
    {"memory_activations_live_bytes", "bytes", Better::lower, "alive", Shown::cost,
     "The most bytes of activations that are alive at once; what memory_activations_bytes is above "
     "it is fragmentation."},
    {"memory_scratch_bytes", "bytes", Better::lower, "scratch", Shown::cost,
     "Bytes of everything else that the backend holds: repacked weights, workspaces."},
    {"peak_rss_bytes", "bytes", Better::lower, "peak RSS", Shown::cost,
     "Largest resident set of the process that ran the case, mapped files included."},
    {"peak_anonymous_bytes", "bytes", Better::lower, "peak anon", Shown::cost,
     "peak_rss_bytes without the mapped files resident when measuring ended: what the process "
     "allocated itself was at least this much at the peak. Derived: the kernel keeps no such "
     "peak."},
    {"check_relative_error", "1", Better::lower, "rel error", Shown::cost,
     "Distance of the outputs from the reference's or a stored answer: the largest absolute "
     "difference of a row over the largest absolute value of the reference's row; the worst row."},
    {"bits_per_byte", "bits/byte", Better::lower, "bits/byte", Shown::speed,
     "Sum over the scored tokens of -log2 of the probability of each, over the bytes that they "
     "stand for: comparable between vocabularies."},
    {"perplexity", "1", Better::lower, "ppl", Shown::speed, "exp of nll_per_token."},
    {"perplexity_increase", "1", Better::lower, "ppl +", Shown::speed,
     "Perplexity over the baseline's on the same tokens, less 1; the error is of the pairs."},
    {"kl_mean", "nats", Better::lower, "KL nats", Shown::speed,
     "Kullback-Leibler divergence from the baseline's distribution to the model's, sum of p "
     "ln(p/q) with p the baseline's; the mean over scored tokens."},
    {"top1_agreement", "1", Better::higher, "same top", Shown::speed,
     "Share of scored tokens where the most probable token is the baseline's."},
    {"greedy_agreement", "1", Better::higher, "greedy same", Shown::speed,
     "Share of equal tokens, place by place, in what model and baseline choose greedily after "
     "half of each window."},
    {"nll_per_token", "nats", Better::lower, "nats/token", Shown::nowhere,
     "Sum over the scored tokens of -ln of the probability of each, over their number."},
    {"kl_median", "nats", Better::lower, "KL median", Shown::cost,
     "The median of the same divergence over scored tokens."},
    {"kl_p99", "nats", Better::lower, "KL p99", Shown::cost,
     "The 99th percentile of the same divergence; absent below the 299 tokens that support it."},
    {"kl_p999", "nats", Better::lower, "KL p99.9", Shown::cost,
     "The 99.9th percentile of the same divergence; absent below the 2995 tokens that support it."},
    {"kl_max", "nats", Better::lower, "KL max", Shown::cost,
     "The largest such divergence; a maximum has no standard error."},
    {"delta_p_rms", "1", Better::lower, "dp RMS", Shown::cost,
     "Probability of the token that follows, less the baseline's: the root of the mean square "
     "over scored tokens."},
    {"delta_p_mean", "1", Better::neither, "dp mean", Shown::cost,
     "The mean of the same difference: below 0 where the model is less sure of the text than the "
     "baseline."},
    {"greedy_prefix_tokens", "1", Better::higher, "greedy prefix", Shown::cost,
     "Tokens chosen greedily after half of each window before model and baseline part; the mean "
     "over windows."},
    {"scored_tokens", "1", Better::neither, "tokens", Shown::speed,
     "Quality cases: tokens of the text whose prediction counts."},
    {"scored_bytes", "bytes", Better::neither, "scored bytes", Shown::nowhere,
     "Quality cases: bytes that the scored tokens stand for."},
    {"bits_per_byte_se", "bits/byte", Better::neither, "bits/byte se", Shown::nowhere,
     "Standard error of bits_per_byte, over windows of the text."},
    {"perplexity_se", "1", Better::neither, "ppl se", Shown::nowhere,
     "Standard error of perplexity, over windows of the text."},
    {"perplexity_increase_se", "1", Better::neither, "ppl + se", Shown::nowhere,
     "Standard error of perplexity_increase, over windows of the text."},
    {"kl_mean_se", "nats", Better::neither, "KL nats se", Shown::nowhere,
     "Standard error of kl_mean, over windows of the text."},
    {"top1_agreement_se", "1", Better::neither, "same top se", Shown::nowhere,
     "Standard error of top1_agreement, over windows of the text."},
    {"greedy_agreement_se", "1", Better::neither, "greedy same se", Shown::nowhere,
     "Standard error of greedy_agreement, over windows of the text."},
    {"nll_per_token_se", "nats", Better::neither, "nats/token se", Shown::nowhere,
     "Standard error of nll_per_token, over windows of the text."},
    {"kl_median_se", "nats", Better::neither, "KL median se", Shown::nowhere,
     "Standard error of kl_median, over windows of the text."},
    {"kl_p99_se", "nats", Better::neither, "KL p99 se", Shown::nowhere,
     "Standard error of kl_p99, over windows of the text."},
    {"kl_p999_se", "nats", Better::neither, "KL p99.9 se", Shown::nowhere,
     "Standard error of kl_p999, over windows of the text."},
    {"delta_p_rms_se", "1", Better::neither, "dp RMS se", Shown::nowhere,
     "Standard error of delta_p_rms, over windows of the text."},
    {"delta_p_mean_se", "1", Better::neither, "dp mean se", Shown::nowhere,
     "Standard error of delta_p_mean, over windows of the text."},
    {"greedy_prefix_tokens_se", "1", Better::neither, "greedy prefix se", Shown::nowhere,
     "Standard error of greedy_prefix_tokens, over windows of the text."},
    {"work_flops", "FLOP", Better::neither, "FLOP", Shown::nowhere,
     "Floating-point operations that one pass of the operator must do, a multiply and an add "
     "counted as two."},
    {"work_bytes", "bytes", Better::neither, "bytes", Shown::nowhere,
     "Bytes that one pass of the operator must move at the least: the sum of the next three."},
    {"work_weight_bytes", "bytes", Better::neither, "weight bytes", Shown::nowhere,
     "Bytes of weights that one pass of the operator must read."},
    {"work_kv_bytes", "bytes", Better::neither, "KV bytes", Shown::nowhere,
     "Bytes of the KV cache that one pass of the operator must read and write."},
    {"work_activation_bytes", "bytes", Better::neither, "activation bytes", Shown::nowhere,
     "Bytes of activations that one pass of the operator must read and write."},
    {"prefill_work_flops", "FLOP", Better::neither, "prefill FLOP", Shown::nowhere,
     "Floating-point operations that the prefill of all sequences must do, a multiply and an add "
     "counted as two."},
    {"prefill_work_bytes", "bytes", Better::neither, "prefill bytes", Shown::nowhere,
     "Bytes that the prefill of all sequences must move at the least: the sum of the next three."},
    {"prefill_work_weight_bytes", "bytes", Better::neither, "prefill weight bytes", Shown::nowhere,
     "Bytes of weights that the prefill of all sequences must read."},
    {"prefill_work_kv_bytes", "bytes", Better::neither, "prefill KV bytes", Shown::nowhere,
     "Bytes of the KV cache that the prefill of all sequences must read and write."},
    {"prefill_work_activation_bytes", "bytes", Better::neither, "prefill activation bytes",
     Shown::nowhere, "Bytes of activations that the prefill of all sequences must read and write."},
    {"decode_work_flops", "FLOP", Better::neither, "decode FLOP", Shown::nowhere,
     "Floating-point operations that one decode step of all sequences, at the mean depth, must do, "
     "a multiply and an add counted as two."},
    {"decode_work_bytes", "bytes", Better::neither, "decode bytes", Shown::nowhere,
     "Bytes that one decode step of all sequences, at the mean depth, must move at the least: the "
     "sum of the next three."},
    {"decode_work_weight_bytes", "bytes", Better::neither, "decode weight bytes", Shown::nowhere,
     "Bytes of weights that one decode step of all sequences, at the mean depth, must read."},
    {"decode_work_kv_bytes", "bytes", Better::neither, "decode KV bytes", Shown::nowhere,
     "Bytes of the KV cache that one decode step of all sequences, at the mean depth, must read "
     "and write."},
    {"decode_work_activation_bytes", "bytes", Better::neither, "decode activation bytes",
     Shown::nowhere,
     "Bytes of activations that one decode step of all sequences, at the mean depth, must read and "
     "write."},
    {"trace_overhead", "1", Better::lower, "traced", Shown::nowhere,
     "What announcing its ops costs a pass: one while traced over the one right after it, which is "
     "not; the median of such pairs."},
    {"resident_weight_share", "1", Better::neither, "in memory", Shown::nowhere,
     "Streaming: the share of the weights that a step reads which memory keeps; the rest comes "
     "from "
     "the disk for each token."},
    {"token_storage_bytes", "bytes", Better::lower, "read", Shown::nowhere,
     "Streaming: bytes that the process caused to be read from storage a token, as the kernel "
     "counts them (/proc/self/io)."},
    {"prediction_error", "1", Better::neither, "predicted", Shown::nowhere,
     "Predicted over measured time of a step, less 1, where a prediction was stored before it was "
     "measured."},
    {"gpu_joules_per_token", "J", Better::lower, "J/token", Shown::nowhere,
     "Energy of the whole GPU for each token that a profiled model case generates, over windows of "
     "seconds of nothing but decode steps; the driver's counter."},
    {"gpu_joules_per_prompt_token", "J", Better::lower, "J/prompt token", Shown::nowhere,
     "The same for each token of its prompts, over windows of nothing but prefills."},
    {"harness_floor_share", "1", Better::lower, "floor share", Shown::nowhere,
     "What the harness itself costs a sample, measured with the null backend, as a share of the "
     "median sample."},
};

/// Nothing where a repetition makes no sense: then there is no figure at all rather than one over a
/// chosen few.
std::optional<double> median_over_repetitions(const std::vector<double>& values) {
  const auto sensible = [](double value) { return std::isfinite(value) && value >= 0; };
  if (values.empty() || !std::ranges::all_of(values, sensible)) return std::nullopt;
  return median(std::span<const double>(values));
}

class Derivation {
 public:
  Derivation(const Case& subject, Measurement& measurement)
      : subject_(subject), measurement_(measurement) {}

  void run() {
    for (const auto& [series, metric] :
         {std::pair("load", "load_ns"), std::pair("ttft", "ttft_ns"),
          std::pair("end_to_end", "end_to_end_ns"), std::pair("run", "run_ns")}) {
      if (const auto samples = samples_of(series); !samples.empty()) put(metric, median(samples));
    }
    if (subject_.workload == "llm") derive_model();
    if (subject_.workload == "op") derive_operator();
    if (subject_.workload == "quality") derive_quality_metrics(subject_, measurement_);
    derive_repetitions();
  }

 private:
  void put(std::string_view name, std::optional<double> value) {
    if (value) measurement_.metrics.insert_or_assign(std::string(name), *value);
  }

  [[nodiscard]] std::span<const std::int64_t> samples_of(std::string_view name) const {
    const Series* series = measurement_.find(name);
    return series == nullptr ? std::span<const std::int64_t>() : series->samples;
  }

  [[nodiscard]] std::optional<double> known(const std::string& name) const {
    const auto found = measurement_.metrics.find(name);
    if (found == measurement_.metrics.end()) return std::nullopt;
    return found->second;
  }

  void derive_model() {
    for (const char* name : {"prefill_tokens_per_second", "output_tokens_per_second", "tpot_ns",
                             "decode_tokens_per_second", "prefill_flops_per_second"}) {
      put(name, median_over_repetitions(repetition_values(name, subject_, measurement_).values));
    }
    const auto batch = static_cast<double>(subject_.batch);
    const auto rate = known("decode_tokens_per_second");
    if (const auto work = known("decode_work_bytes"); work && rate) {
      put("decode_bytes_per_second", *work * *rate / batch);
    }
    if (const Series* gaps = token_gaps(measurement_)) {
      put("inter_token_ns", median(gaps->samples));
      put("inter_token_p90_ns", claim_quantile(gaps->samples, 0.90).value);
      put("inter_token_p99_ns", claim_quantile(gaps->samples, 0.99).value);
    }
  }

  void derive_operator() {
    const std::optional<double> time_ns = known("run_ns");
    if (!time_ns || !(*time_ns > 0)) return;
    for (const auto& [work, rate] : {std::pair("work_flops", "flops_per_second"),
                                     std::pair("work_bytes", "bytes_per_second")}) {
      if (const auto amount = known(work)) put(rate, *amount * 1e9 / *time_ns);
    }
  }

  void derive_repetitions() {
    std::size_t count = 0;
    if (subject_.workload == "llm" && subject_.prompt == 0) {
      if (subject_.generate > 0) {
        count = samples_of("decode_step").size() / static_cast<std::size_t>(subject_.generate);
      }
    } else if (subject_.workload == "llm") {
      count = subject_.generate > 1 ? samples_of("end_to_end").size() : samples_of("ttft").size();
    } else {
      count = std::max(samples_of("run").size(), samples_of("iterations").size());
    }
    if (count > 0) put("repetitions", static_cast<double>(count));
  }

  const Case& subject_;
  Measurement& measurement_;
};

}  // namespace

std::string_view name_of(Better better) {
  switch (better) {
    case Better::lower:
      return "lower";
    case Better::higher:
      return "higher";
    case Better::neither:
      return "neither";
  }
  throw std::logic_error("name_of: not a Better");
}

std::span<const MetricSpec> metrics() {
  return kMetrics;
}

const MetricSpec* find_metric(std::string_view name) {
  for (const MetricSpec& spec : kMetrics) {
    if (spec.name == name) return &spec;
  }
  return nullptr;
}

const MetricSpec* standard_error_of(std::string_view name) {
  return find_metric(std::string(name) + "_se");
}

std::string unit_of_metric(std::string_view name) {
  if (const MetricSpec* spec = find_metric(name)) return std::string(spec->unit);
  const auto peer = find_peer_metric(name);
  return peer ? peer->unit : "1";
}

Better better_of_metric(std::string_view name) {
  if (const MetricSpec* spec = find_metric(name)) return spec->better;
  const auto peer = find_peer_metric(name);
  return peer ? peer->better : Better::neither;
}

std::string_view primary_series(const Case& subject) {
  if (subject.workload == "op") return "run";
  return subject.workload == "llm" ? "end_to_end" : "";
}

std::string_view primary_metric(const Case& subject) {
  if (subject.workload == "op") return "run_ns";
  return subject.workload == "llm" ? "end_to_end_ns" : "";
}

const Series* token_gaps(const Measurement& measurement) {
  for (const char* name : {"inter_token", "decode_step"}) {
    const Series* series = measurement.find(name);
    if (series != nullptr && !series->samples.empty()) return series;
  }
  return nullptr;
}

void derive_metrics(const Case& subject, Measurement& measurement) {
  Derivation(subject, measurement).run();
}

}  // namespace ridgepoint
