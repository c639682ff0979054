#include "results/exchange/vllm_bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "results/exchange/date_text.h"
#include "results/exchange/imported_run.h"
#include "results/exchange/json_text.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

using Json = nlohmann::json;

// What was asked for, as opposed to what came out.
const std::set<std::string, std::less<>>& settings() {
  static const std::set<std::string, std::less<>> names = {"num_prompts",
                                                           "request_rate",
                                                           "burstiness",
                                                           "max_concurrency",
                                                           "ramp_up_strategy",
                                                           "ramp_up_start_rps",
                                                           "ramp_up_end_rps",
                                                           "model_id",
                                                           "tokenizer_id",
                                                           "backend",
                                                           "endpoint_type",
                                                           "label",
                                                           "date",
                                                           "goodput",
                                                           "best_of",
                                                           "rps_change_events",
                                                           "request_rate_start"};
  return names;
}

/// "20261121-080730", in the zone of the machine that wrote it, which nobody says: read as UTC.
std::int64_t unix_ns_of_stamp(const std::string& stamp) {
  if (stamp.size() != 15 || stamp[8] != '-') return 0;
  const std::string_view s = stamp;
  return unix_ns_of_date(fmt::format("{}-{}-{}T{}:{}:{}", s.substr(0, 4), s.substr(4, 2),
                                     s.substr(6, 2), s.substr(9, 2), s.substr(11, 2),
                                     s.substr(13, 2)));
}

/// Lists of one entry a request; nothing when the member is no such list.
std::optional<std::vector<double>> numbers_of(const Json& result, const char* key) {
  const auto found = result.find(key);
  if (found == result.end() || !found->is_array()) return std::nullopt;
  std::vector<double> values;
  for (const Json& value : *found) {
    if (!value.is_number()) return std::nullopt;
    values.push_back(value.get<double>());
  }
  return values;
}

class ResultReader {
 public:
  ResultReader(const Json& result, std::string_view origin, std::size_t index)
      : result_(result), origin_(origin), index_(index) {}

  void fill(Record& record) const {
    for (const auto& [key, value] : result_.items()) {
      const auto number = finite_number(result_, key);
      if (number && !settings().contains(key)) {
        record.measurement.metrics.emplace("vllm:" + key, *number);
      }
    }
    if (const auto duration = finite_number(result_, "duration"); duration && *duration > 0) {
      record.duration_ns = ns_of_seconds(*duration).value_or(0);
    }
    add_series(record.measurement);
    judge(record);
    Json kept = Json::object();
    for (const auto& [key, value] : result_.items()) {
      if (!value.is_array() && !record.measurement.metrics.contains("vllm:" + key)) {
        kept[key] = value;
      }
    }
    record.details = json_text({{"source", "vllm"}, {"vllm", std::move(kept)}});
  }

  /// What was asked of the server, readable and the same for the same request of another day.
  [[nodiscard]] std::string name() const {
    std::string text = "vllm bench serve " + text_member(result_, "model_id");
    const auto add = [&](const char* key, const char* called, std::string_view usual) {
      const auto found = result_.find(key);
      if (found == result_.end() || found->is_null()) return;
      const std::string value = found->is_string() ? found->get<std::string>() : json_text(*found);
      if (value != usual) text += fmt::format(" {}={}", called, value);
    };
    add("backend", "backend", "");
    add("num_prompts", "prompts", "");
    add("request_rate", "rate", "inf");
    add("max_concurrency", "concurrency", "");
    add("burstiness", "burstiness", "1.0");
    add("ramp_up_strategy", "ramp", "");
    return text;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(
        fmt::format("{}: result {} (counted from 0) {}; check the file", origin_, index_, what));
  }

  /// Which requests succeeded; nothing when the file does not say.
  [[nodiscard]] std::optional<std::vector<bool>> succeeded(std::size_t count) const {
    std::vector<bool> good(count, true);
    const auto errors = result_.find("errors");
    if (errors != result_.end() && errors->is_array()) {
      if (errors->size() != count) fail("has lists of different lengths");
      for (std::size_t i = 0; i < count; ++i) good[i] = (*errors)[i] == Json("");
      // A refusal without a text leaves no error and no token either.
      if (const auto ttfts = numbers_of(result_, "ttfts"); ttfts && ttfts->size() == count) {
        for (std::size_t i = 0; i < count; ++i) good[i] = good[i] && (*ttfts)[i] > 0;
      }
      return good;
    }
    if (finite_number(result_, "failed").value_or(0) == 0) return good;
    return std::nullopt;
  }

  void add_series(Measurement& measurement) const {
    std::optional<std::size_t> count;
    for (const char* key : {"ttfts", "latencies", "itls"}) {
      const auto found = result_.find(key);
      if (!count && found != result_.end() && found->is_array()) count = found->size();
    }
    if (!count || *count == 0) return;
    const auto good = succeeded(*count);
    if (!good) return;
    add_seconds("ttfts", "vllm:ttft", *good, measurement);
    add_gaps(*good, measurement);
    add_latencies(*good, measurement);
    add_seconds("queue_times", "vllm:client_queue_time", *good, measurement);
    add_counts("output_lens", "vllm:output_tokens", *good, measurement);
    add_counts("input_lens", "vllm:input_tokens", *good, measurement);
    add_starts(*good, measurement);
  }

  [[nodiscard]] std::int64_t ns_or_fail(double seconds, const char* key) const {
    const auto ns = ns_of_seconds(seconds);
    if (!ns || *ns < 0) fail(fmt::format("has a time in \"{}\" that makes no sense", key));
    return *ns;
  }

  /// One value of each good request; nothing when the list is not there.
  [[nodiscard]] std::optional<std::vector<double>> good_of(const char* key,
                                                           const std::vector<bool>& good) const {
    const auto values = numbers_of(result_, key);
    if (!values) return std::nullopt;
    if (values->size() != good.size()) fail("has lists of different lengths");
    std::vector<double> kept;
    for (std::size_t i = 0; i < good.size(); ++i) {
      if (good[i]) kept.push_back((*values)[i]);
    }
    return kept;
  }

  void add_seconds(const char* key, const char* series, const std::vector<bool>& good,
                   Measurement& measurement) const {
    const auto values = good_of(key, good);
    if (!values) return;
    std::vector<std::int64_t> samples;
    for (const double value : *values) samples.push_back(ns_or_fail(value, key));
    measurement.series.push_back({series, "ns", std::move(samples)});
  }

  void add_counts(const char* key, const char* series, const std::vector<bool>& good,
                  Measurement& measurement) const {
    const auto values = good_of(key, good);
    if (!values) return;
    std::vector<std::int64_t> samples;
    for (const double value : *values) {
      if (!(value >= 0 && value < 1e15)) {
        fail(fmt::format("has a count in \"{}\" that makes no sense", key));
      }
      samples.push_back(static_cast<std::int64_t>(value));
    }
    measurement.series.push_back({series, "1", std::move(samples)});
  }

  void add_gaps(const std::vector<bool>& good, Measurement& measurement) const {
    const auto found = result_.find("itls");
    if (found == result_.end() || !found->is_array()) return;
    if (found->size() != good.size()) fail("has lists of different lengths");
    std::vector<std::int64_t> gaps, counts;
    for (std::size_t i = 0; i < good.size(); ++i) {
      if (!good[i]) continue;
      const Json& of_request = (*found)[i];
      if (!of_request.is_array()) fail("has \"itls\" that are no lists");
      for (const Json& gap : of_request) {
        if (!gap.is_number()) fail("has a gap between tokens that is not a number");
        gaps.push_back(ns_or_fail(gap.get<double>(), "itls"));
      }
      counts.push_back(static_cast<std::int64_t>(of_request.size()));
    }
    measurement.series.push_back({"vllm:itl", "ns", std::move(gaps)});
    measurement.series.push_back({"vllm:itl_count", "1", std::move(counts)});
  }

  /// Older versions do not write latencies, but measure them from the send to the last token.
  void add_latencies(const std::vector<bool>& good, Measurement& measurement) const {
    if (result_.contains("latencies")) {
      add_seconds("latencies", "vllm:e2el", good, measurement);
      return;
    }
    const Series* first = measurement.find("vllm:ttft");
    const Series* gaps = measurement.find("vllm:itl");
    const Series* counts = measurement.find("vllm:itl_count");
    if (first == nullptr || gaps == nullptr || first->samples.size() != counts->samples.size()) {
      return;
    }
    std::vector<std::int64_t> latencies;
    std::size_t next = 0;
    for (std::size_t i = 0; i < first->samples.size(); ++i) {
      std::int64_t total = first->samples[i];
      for (std::int64_t k = 0; k < counts->samples[i]; ++k) {
        if (__builtin_add_overflow(total, gaps->samples[next++], &total)) {
          fail("has gaps between tokens that make no sense");
        }
      }
      latencies.push_back(total);
    }
    measurement.series.push_back({"vllm:e2el", "ns", std::move(latencies)});
  }

  /// Of a clock without an epoch; kept from the first request on.
  void add_starts(const std::vector<bool>& good, Measurement& measurement) const {
    const auto starts = good_of("start_times", good);
    if (!starts || starts->empty()) return;
    const double first = *std::ranges::min_element(*starts);
    std::vector<std::int64_t> samples;
    for (const double start : *starts) samples.push_back(ns_or_fail(start - first, "start_times"));
    measurement.series.push_back({"vllm:start_time", "ns", std::move(samples)});
  }

  void judge(Record& record) const {
    if (finite_number(result_, "completed").value_or(1) > 0) return;
    record.outcome = Outcome::failed;
    record.reason = "no request succeeded";
    const auto errors = result_.find("errors");
    if (errors == result_.end() || !errors->is_array()) return;
    for (const Json& error : *errors) {
      if (!error.is_string() || error == Json("")) continue;
      auto text = error.get<std::string>();
      while (!text.empty() && text.back() == '\n') text.pop_back();
      record.reason += ": " + text.substr(text.rfind('\n') + 1);
      return;
    }
  }

  const Json& result_;
  std::string origin_;
  std::size_t index_;
};

/// The whole text, or its lines where every one is an object of its own.
std::vector<Json> results_of(std::string_view text, std::string_view origin) {
  const std::string clean = without_bare_numbers(text);
  std::vector<std::string_view> lines;
  bool objects = true;
  for (std::string_view rest = clean; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    lines.push_back(line);
    objects =
        objects && line.starts_with('{') && line.substr(line.find_last_not_of(" \t\r"))[0] == '}';
  }
  if (!objects || lines.size() < 2) return {parse_untrusted_json(clean, origin)};
  std::vector<Json> results;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    results.push_back(parse_untrusted_json(lines[i], fmt::format("{}: result {}", origin, i)));
  }
  return results;
}

Run run_of_results(std::string_view text, const std::vector<Json>& results) {
  const Json& first = results.front();
  ImportedFacts facts;
  facts.program = "vllm bench serve";
  facts.started_unix_ns = unix_ns_of_stamp(text_member(first, "date"));
  facts.finished_unix_ns = unix_ns_of_stamp(text_member(results.back(), "date"));
  Json environment = {{"backend", text_member(first, "backend")}};
  Json metadata = Json::object();  // --metadata KEY=VALUE stands between the rest
  for (const auto& [key, value] : first.items()) {
    if (value.is_string() && !settings().contains(key)) metadata[key] = value;
  }
  if (!metadata.empty()) environment["metadata"] = std::move(metadata);
  Run run = imported_run(text, facts, {{"vllm", std::move(environment)}}, Json::object());
  run.label = text_member(first, "label");
  return run;
}

}  // namespace

bool is_vllm_bench(std::string_view text) {
  const std::string_view start = text.substr(0, 64 * 1024);
  return start.find("\"model_id\"") != std::string_view::npos &&
         start.find("\"request_rate\"") != std::string_view::npos;
}

RunWithRecords import_vllm_bench(std::string_view json, std::string_view origin) {
  const std::vector<Json> results = results_of(json, origin);
  for (const Json& result : results) {
    if (!result.is_object() || !result.contains("request_throughput")) {
      throw Error(
          fmt::format("{}: no \"request_throughput\", so no result of vllm bench serve; write it "
                      "with --save-result",
                      origin));
    }
  }
  RunWithRecords data;
  data.run = run_of_results(json, results);
  for (std::size_t i = 0; i < results.size(); ++i) {
    const ResultReader reader(results[i], origin, i);
    Record record;
    try {
      record = imported_record(data.run, static_cast<std::int64_t>(i), reader.name());
    } catch (const Error& error) {
      throw Error(
          fmt::format("{}: result {} (counted from 0) makes a name that cannot be kept "
                      "({}); check the file",
                      origin, i, error.what()));
    }
    const std::int64_t date = unix_ns_of_stamp(text_member(results[i], "date"));
    if (date > 0) record.started_unix_ns = date;
    reader.fill(record);
    data.planned.push_back({record.ordinal, record.subject});
    data.records.push_back(std::move(record));
  }
  return data;
}

}  // namespace ridgepoint
