#include "results/lens/request_timings.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>

namespace ridgepoint {
namespace {

using Json = nlohmann::json;
using Source = RequestTimings::Source;

std::vector<double> samples_of(const Record& record, std::string_view name) {
  const Series* series = record.measurement.find(name);
  if (series == nullptr) return {};
  return {series->samples.begin(), series->samples.end()};
}

std::optional<double> metric_of(const Record& record, const std::string& name) {
  const auto found = record.measurement.metrics.find(name);
  return found == record.measurement.metrics.end() ? std::nullopt : std::optional(found->second);
}

bool has_prefix(const Record& record, std::string_view prefix) {
  return std::ranges::any_of(record.measurement.metrics,
                             [&](const auto& entry) { return entry.first.starts_with(prefix); });
}

Json detail_at(const Record& record, const char* pointer) {
  const Json details = Json::parse(record.details, nullptr, false);
  const Json::json_pointer path{pointer};
  return details.is_object() && details.contains(path) ? details.at(path) : Json();
}

/// Series that name single requests stand or fall together.
void keep_only_complete(RequestTimings& timings) {
  const std::size_t count = timings.ttft_ns.size();
  for (auto* list : {&timings.end_to_end_ns, &timings.delay_ns, &timings.output_tokens,
                     &timings.prompt_tokens}) {
    if (list->size() != count && count > 0) list->clear();
  }
}

RequestTimings of_ridgepoint(const Record& record) {
  RequestTimings timings;
  timings.source = Source::ridgepoint;
  const Case& subject = record.subject;
  timings.alone = subject.batch == 1;
  timings.due_when_sent = true;
  if (const Series* gaps = record.measurement.find("inter_token")) {
    timings.gaps_ns.assign(gaps->samples.begin(), gaps->samples.end());
  }
  if (subject.prompt == 0) {
    timings.gaps_ns = samples_of(record, "decode_step");
    const auto each = static_cast<std::size_t>(std::max<std::int64_t>(subject.generate, 1));
    for (std::size_t i = 0; i + each <= timings.gaps_ns.size(); i += each) {
      double total = 0;
      for (std::size_t k = i; k < i + each; ++k) total += timings.gaps_ns[k];
      if (total > 0) timings.decode_rates.push_back(static_cast<double>(each) * 1e9 / total);
    }
    return timings;
  }
  timings.ttft_ns = samples_of(record, "ttft");
  timings.end_to_end_ns = samples_of(record, "end_to_end");
  if (subject.generate <= 1) timings.end_to_end_ns = timings.ttft_ns;
  // A repetition that was cut off has a first token and no end.
  const std::size_t complete = std::min(timings.ttft_ns.size(), timings.end_to_end_ns.size());
  timings.ttft_ns.resize(complete);
  timings.end_to_end_ns.resize(complete);
  timings.delay_ns.assign(complete, 0);
  timings.output_tokens.assign(complete,
                               static_cast<double>(std::max<std::int64_t>(subject.generate, 1)));
  timings.prompt_tokens.assign(complete, static_cast<double>(subject.prompt));
  return timings;
}

RequestTimings of_vllm(const Record& record) {
  RequestTimings timings;
  timings.source = Source::vllm;
  timings.ttft_ns = samples_of(record, "vllm:ttft");
  timings.end_to_end_ns = samples_of(record, "vllm:e2el");
  timings.delay_ns = samples_of(record, "vllm:client_queue_time");
  timings.output_tokens = samples_of(record, "vllm:output_tokens");
  timings.prompt_tokens = samples_of(record, "vllm:input_tokens");
  timings.gaps_ns = samples_of(record, "vllm:itl");
  const auto reported = [&](const char* what, ReportedStatistics& into) {
    for (const auto& [statistic, key] :
         {std::pair("mean", "mean"), std::pair("std", "std"), std::pair("p50", "median"),
          std::pair("p90", "p90"), std::pair("p95", "p95"), std::pair("p99", "p99")}) {
      const auto ms = metric_of(record, std::string("vllm:") + key + "_" + what + "_ms");
      if (ms) into.emplace(statistic, *ms * 1e6);
    }
  };
  reported("ttft", timings.ttft);
  reported("tpot", timings.tpot);
  reported("itl", timings.gaps);
  reported("e2el", timings.end_to_end);
  timings.requests = metric_of(record, "vllm:completed");
  timings.total_output_tokens = metric_of(record, "vllm:total_output_tokens");
  timings.alone = detail_at(record, "/vllm/max_concurrency") == Json(1);
  if (timings.ttft_ns.empty() && !timings.end_to_end_ns.empty()) {
    // Latencies alone, as newer versions leave them in a summary.
    if (!timings.delay_ns.empty() && timings.delay_ns.size() == timings.end_to_end_ns.size()) {
      double total = 0;
      for (const double delay : timings.delay_ns) total += delay;
      timings.mean_delay_ns = total / static_cast<double>(timings.delay_ns.size());
    }
    if (!timings.end_to_end.contains("mean")) {
      double total = 0;
      for (const double latency : timings.end_to_end_ns) total += latency;
      timings.end_to_end["mean"] = total / static_cast<double>(timings.end_to_end_ns.size());
    }
    timings.delay_ns.clear();
  }
  return timings;
}

RequestTimings of_aiperf(const Record& record) {
  RequestTimings timings;
  timings.source = Source::aiperf;
  timings.ttft_ns = samples_of(record, "aiperf:time_to_first_token");
  timings.end_to_end_ns = samples_of(record, "aiperf:request_latency");
  timings.delay_ns = samples_of(record, "aiperf:credit_to_start_latency");
  timings.output_tokens = samples_of(record, "aiperf:output_sequence_length");
  timings.prompt_tokens = samples_of(record, "aiperf:input_sequence_length");
  timings.gaps_ns = samples_of(record, "aiperf:inter_chunk_latency");
  const auto reported = [&](const std::string& what, ReportedStatistics& into) {
    for (const auto& [statistic, key] :
         {std::pair("mean", "avg"), std::pair("std", "std"), std::pair("p50", "p50"),
          std::pair("p90", "p90"), std::pair("p95", "p95"), std::pair("p99", "p99")}) {
      const auto ms = metric_of(record, "aiperf:" + what + "_" + key + "_ms");
      if (ms) into.emplace(statistic, *ms * 1e6);
    }
  };
  reported("time_to_first_token", timings.ttft);
  reported("request_latency", timings.end_to_end);
  reported("inter_token_latency", timings.tpot);
  reported("inter_chunk_latency", timings.gaps);
  timings.requests = metric_of(record, "aiperf:request_count_avg");
  const auto length = metric_of(record, "aiperf:output_sequence_length_avg");
  if (timings.requests && length) timings.total_output_tokens = *timings.requests * *length;
  const auto delay_ms = metric_of(record, "aiperf:credit_to_start_latency_avg_ms");
  if (delay_ms) timings.mean_delay_ns = *delay_ms * 1e6;
  for (const char* pointer :
       {"/aiperf/input_config/phases/0/concurrency", "/aiperf/input_config/loadgen/concurrency"}) {
    timings.alone = timings.alone || detail_at(record, pointer) == Json(1);
  }
  return timings;
}

RequestTimings of_mlperf(const Record& record) {
  RequestTimings timings;
  timings.source = Source::mlperf;
  timings.rule = PercentileRule::rank;
  timings.alone = detail_at(record, "/scenario") == Json("SingleStream");
  timings.delay_ns = samples_of(record, "mlperf:issue_delay");
  const auto from_send = [&](const char* series) {
    std::vector<double> values = samples_of(record, series);
    if (values.size() != timings.delay_ns.size()) return std::vector<double>();
    for (std::size_t i = 0; i < values.size(); ++i) values[i] -= timings.delay_ns[i];
    return values;
  };
  timings.end_to_end_ns = from_send("mlperf:latency");
  timings.ttft_ns = from_send("mlperf:first_token_latency");
  const auto put = [&](ReportedStatistics& into, const char* statistic, const std::string& name) {
    if (const auto ns = metric_of(record, "mlperf:" + name)) into.emplace(statistic, *ns);
  };
  put(timings.end_to_end, "mean", "mean_latency_ns");
  put(timings.ttft, "mean", "first_token_mean_latency_ns");
  put(timings.tpot, "mean", "time_to_output_token_mean");
  // A summary alone has other words for the same.
  put(timings.tpot, "mean", "mean_time_per_output_token_ns");
  for (const auto& [statistic, percentile] :
       {std::pair("p50", "50.00"), std::pair("p90", "90.00"), std::pair("p95", "95.00"),
        std::pair("p99", "99.00")}) {
    const std::string which = std::string(percentile) + "_percentile";
    put(timings.end_to_end, statistic, which + "_latency_ns");
    put(timings.ttft, statistic, "first_token_" + which + "_latency_ns");
    put(timings.tpot, statistic, "time_per_output_token_" + which + "_ns");
  }
  return timings;
}

RequestTimings of_llama_bench(const Record& record) {
  RequestTimings timings;
  timings.source = Source::llama_bench;
  timings.alone = true;
  const auto tokens = [&](const char* pointer) {
    const Json count = detail_at(record, pointer);
    return count.is_number() ? count.get<double>() : 0;
  };
  timings.prompt = tokens("/llama_bench/n_prompt");
  timings.generate = tokens("/llama_bench/n_gen");
  timings.avg_ts = metric_of(record, "llama-bench:avg_ts");
  timings.stddev_ts = metric_of(record, "llama-bench:stddev_ts");
  const auto average = metric_of(record, "llama-bench:avg_ns");
  if (timings.prompt == 0 && timings.generate > 0 && average) {
    timings.gaps.emplace("mean", *average / timings.generate);
  }
  return timings;
}

}  // namespace

RequestTimings request_timings(const Record& record) {
  RequestTimings timings;
  if (record.subject.workload == "llm") {
    timings = of_ridgepoint(record);
  } else if (has_prefix(record, "vllm:")) {
    timings = of_vllm(record);
  } else if (has_prefix(record, "aiperf:")) {
    timings = of_aiperf(record);
  } else if (has_prefix(record, "mlperf:")) {
    timings = of_mlperf(record);
  } else if (has_prefix(record, "llama-bench:")) {
    timings = of_llama_bench(record);
  }
  keep_only_complete(timings);
  return timings;
}

}  // namespace ridgepoint
