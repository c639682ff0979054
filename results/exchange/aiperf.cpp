#include "results/exchange/aiperf.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "results/exchange/date_text.h"
#include "results/exchange/import.h"
#include "results/exchange/imported_run.h"
#include "results/exchange/json_text.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kRequests = "profile_export.jsonl";

// The metrics whose whole distribution is of interest beyond AIPerf.
constexpr std::string_view kDistributions[] = {
    "request_latency",        "time_to_first_token",  "time_to_second_token",
    "inter_token_latency",    "inter_chunk_latency",  "output_token_throughput_per_user",
    "output_sequence_length", "input_sequence_length"};
constexpr std::string_view kStatistics[] = {"min", "max", "std", "p50", "p90", "p95", "p99"};

/// "_ms", "_tokens_per_second"; what has no short form keeps its words.
std::string suffix_of_unit(const std::string& unit) {
  if (unit.empty() || unit == "count" || unit == "requests" || unit == "tokens" ||
      unit == "ratio") {
    return "";
  }
  std::string suffix = unit == "sec" ? "s" : unit == "%" ? "percent" : unit;
  for (const auto& [from, to] : {std::pair("/sec", "_per_second"), std::pair("/user", "_per_user"),
                                 std::pair("/", "_per_"), std::pair(" ", "_")}) {
    for (std::size_t at; (at = suffix.find(from)) != std::string::npos;) {
      suffix.replace(at, std::string_view(from).size(), to);
    }
  }
  return "_" + suffix;
}

/// What a unit of time is in nanoseconds.
std::optional<double> ns_per(const std::string& unit) {
  if (unit == "ns") return 1;
  if (unit == "us") return 1e3;
  if (unit == "ms") return 1e6;
  if (unit == "sec" || unit == "s") return 1e9;
  return std::nullopt;
}

Json member(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() ? Json() : *found;
}

/// The series of single requests, from profile_export.jsonl.
class RequestReader {
 public:
  explicit RequestReader(std::string_view origin) : origin_(origin) {}

  void read(std::string_view text, Measurement& measurement) {
    std::size_t line = 0;
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      const std::string_view row = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      ++line;
      if (row.find_first_not_of(" \t\r") == std::string_view::npos) continue;
      const std::string where = fmt::format("{} of {}, line {}", kRequests, origin_, line);
      read_request(parse_untrusted_json(without_bare_numbers(row), where), where);
    }
    finish(measurement);
  }

 private:
  struct Column {
    std::string_view metric, series;
    bool time = true;
    std::vector<std::int64_t> samples{};
  };

  [[noreturn]] static void fail(const std::string& where, std::string_view what) {
    throw Error(fmt::format("{}: {}; check the file", where, what));
  }

  void read_request(const Json& row, const std::string& where) {
    if (!row.is_object()) fail(where, "not an object");
    const Json metadata = member(row, "metadata");
    // Warm-up requests and failed ones are in no figure of AIPerf's either.
    if (metadata.is_object() && metadata.value("benchmark_phase", Json("profiling")) != "profiling")
      return;
    if (!member(row, "error").is_null()) return;
    const Json metrics = member(row, "metrics");
    if (!metrics.is_object()) fail(where, "no \"metrics\"");
    for (Column& column : columns_) {
      const auto value = value_of(metrics, column, where);
      if (value) column.samples.push_back(*value);
    }
    read_gaps(metrics, where);
    if (metadata.is_object() && member(metadata, "request_start_ns").is_number_integer()) {
      starts_.push_back(metadata["request_start_ns"].get<std::int64_t>());
    }
    const auto issued =
        metadata.is_object() ? finite_number(metadata, "credit_issued_ns") : std::nullopt;
    if (issued && metadata["credit_issued_ns"].is_number_integer() &&
        member(metadata, "request_start_ns").is_number_integer()) {
      const auto from = metadata["credit_issued_ns"].get<std::int64_t>();
      const auto to = metadata["request_start_ns"].get<std::int64_t>();
      std::int64_t delay = 0;
      if (!__builtin_sub_overflow(to, from, &delay) && delay >= 0) delays_.push_back(delay);
    }
    ++requests_;
  }

  static std::int64_t whole_ns(const Json& value, double factor, const std::string& where) {
    if (!value.is_number()) fail(where, "a time that is not a number");
    const auto ns = ns_of_seconds(value.get<double>() * factor * 1e-9);
    if (!ns || *ns < 0) fail(where, "a time that makes no sense");
    return *ns;
  }

  static std::optional<std::int64_t> value_of(const Json& metrics, const Column& column,
                                              const std::string& where) {
    const Json metric = member(metrics, std::string(column.metric).c_str());
    if (!metric.is_object()) return std::nullopt;
    const Json value = member(metric, "value");
    if (column.time) {
      const auto factor = ns_per(text_member(metric, "unit"));
      if (!factor) fail(where, fmt::format("\"{}\" in a unit that is not known", column.metric));
      return whole_ns(value, *factor, where);
    }
    if (!value.is_number() || !(value.get<double>() >= 0 && value.get<double>() < 1e15)) {
      fail(where, fmt::format("\"{}\" is not a count", column.metric));
    }
    return static_cast<std::int64_t>(value.get<double>());
  }

  void read_gaps(const Json& metrics, const std::string& where) {
    const Json metric = member(metrics, "inter_chunk_latency");
    if (!metric.is_object()) {
      gap_counts_.push_back(0);
      return;
    }
    const auto factor = ns_per(text_member(metric, "unit"));
    const Json values = member(metric, "value");
    if (!factor || !values.is_array())
      fail(where, "\"inter_chunk_latency\" is not a list of times");
    for (const Json& value : values) gaps_.push_back(whole_ns(value, *factor, where));
    gap_counts_.push_back(static_cast<std::int64_t>(values.size()));
  }

  /// Only series that every request is in: others could not be put side by side.
  void finish(Measurement& measurement) {
    if (requests_ == 0) return;
    for (Column& column : columns_) {
      if (column.samples.size() != requests_) continue;
      measurement.series.push_back(
          {std::string(column.series), column.time ? "ns" : "1", std::move(column.samples)});
    }
    measurement.series.push_back({"aiperf:inter_chunk_latency", "ns", std::move(gaps_)});
    measurement.series.push_back({"aiperf:inter_chunk_count", "1", std::move(gap_counts_)});
    if (starts_.size() == requests_) add_starts(measurement);
    if (delays_.size() == requests_) {
      measurement.series.push_back({"aiperf:credit_to_start_latency", "ns", std::move(delays_)});
    }
  }

  /// From the first request on.
  void add_starts(Measurement& measurement) {
    const std::int64_t first = std::ranges::min(starts_);
    for (std::int64_t& start : starts_) {
      if (__builtin_sub_overflow(start, first, &start)) return;
    }
    measurement.series.push_back({"aiperf:request_start", "ns", std::move(starts_)});
  }

  std::string_view origin_;
  std::vector<Column> columns_ = {
      {"time_to_first_token", "aiperf:time_to_first_token"},
      {"request_latency", "aiperf:request_latency"},
      {"output_sequence_length", "aiperf:output_sequence_length", false},
      {"input_sequence_length", "aiperf:input_sequence_length", false}};
  std::vector<std::int64_t> gaps_, gap_counts_, delays_, starts_;
  std::size_t requests_ = 0;
};

std::string name_of(const Json& document) {
  // Two shapes of the configuration are known; what is not found is left out.
  std::string name = "aiperf";
  const Json config = member(document, "input_config");
  const auto text_at = [&](const char* pointer) {
    const Json::json_pointer path{pointer};
    return config.is_object() && config.contains(path) ? config.at(path) : Json();
  };
  const auto first_of = [&](std::initializer_list<const char*> pointers) {
    for (const char* pointer : pointers) {
      Json value = text_at(pointer);
      if (!value.is_null()) return value;
    }
    return Json();
  };
  const auto add = [&](std::string_view called, const Json& value) {
    if (value.is_null() || value.is_structured()) return;
    name += fmt::format(" {}{}", called,
                        value.is_string() ? value.get<std::string>() : json_text(value));
  };
  add("", first_of({"/models/items/0/name", "/endpoint/model_names/0"}));
  add("", first_of({"/endpoint/type"}));
  add("concurrency=", first_of({"/phases/0/concurrency", "/loadgen/concurrency"}));
  add("rate=", first_of({"/phases/0/request_rate", "/phases/0/rate", "/loadgen/request_rate"}));
  add("isl=", first_of({"/datasets/0/prompts/isl/mean", "/input/prompt/input_tokens/mean"}));
  add("osl=", first_of({"/datasets/0/prompts/osl/mean", "/input/prompt/output_tokens/mean"}));
  return name;
}

void add_metric(const std::string& tag, const Json& metric, Measurement& measurement) {
  const std::string suffix = suffix_of_unit(text_member(metric, "unit"));
  const auto add = [&](std::string_view statistic) {
    if (const auto value = finite_number(metric, statistic)) {
      measurement.metrics.emplace(fmt::format("aiperf:{}_{}{}", tag, statistic, suffix), *value);
    }
  };
  add("avg");
  if (std::ranges::find(kDistributions, tag) == std::end(kDistributions)) return;
  for (const std::string_view statistic : kStatistics) add(statistic);
}

Run describe_run(std::string_view text, const Json& document) {
  ImportedFacts facts;
  facts.program = "AIPerf";
  facts.program_version = text_member(document, "aiperf_version");
  const Json info = member(document, "run_info");
  if (info.is_object()) facts.command = text_member(info, "cli_command");
  const Json config = member(document, "input_config");
  if (facts.command.empty() && config.is_object()) {
    facts.command = text_member(config, "cli_command");
  }
  facts.started_unix_ns = unix_ns_of_date(text_member(document, "start_time"));
  facts.finished_unix_ns = unix_ns_of_date(text_member(document, "end_time"));
  Json environment = {{"version", text_member(document, "aiperf_version")}};
  if (config.is_object() && config.contains("endpoint"))
    environment["endpoint"] = config["endpoint"];
  return imported_run(text, facts, {{"aiperf", std::move(environment)}}, Json::object());
}

}  // namespace

bool is_aiperf(std::string_view text) {
  const std::string_view start = text.substr(0, 64 * 1024);
  return start.find("\"aiperf_version\"") != std::string_view::npos ||
         (start.find("\"request_latency\"") != std::string_view::npos &&
          start.find("\"avg\"") != std::string_view::npos);
}

std::vector<std::string_view> aiperf_files() {
  return {"profile_export_aiperf.json", kRequests};
}

RunWithRecords import_aiperf(const ImportSource& source) {
  const std::string_view text = source.files.front().text;
  const std::string_view requests = source.find(kRequests);
  if (source.files.front().name == kRequests) {
    throw Error(
        fmt::format("{}: {} without profile_export_aiperf.json beside it; AIPerf writes "
                    "both, keep them together",
                    source.origin, kRequests));
  }
  const Json document = parse_untrusted_json(without_bare_numbers(text), source.origin);
  RunWithRecords data;
  if (!document.is_object()) {
    throw Error(fmt::format("{}: not an object, so no export of AIPerf", source.origin));
  }
  data.run = describe_run(
      requests.empty() ? std::string(text) : fmt::format("{}\n{}", text, requests), document);
  Record record;
  try {
    record = imported_record(data.run, 0, name_of(document));
  } catch (const Error& error) {
    throw Error(fmt::format("{}: makes a name that cannot be kept ({}); check the file",
                            source.origin, error.what()));
  }
  Json kept = Json::object();
  for (const auto& [key, value] : document.items()) {
    if (value.is_object() && value.contains("unit") && value.contains("avg")) {
      add_metric(key, value, record.measurement);
    } else {
      kept[key] = value;
    }
  }
  if (record.measurement.metrics.empty()) {
    throw Error(fmt::format("{}: no metric with \"unit\" and \"avg\" in it, so no export of AIPerf",
                            source.origin));
  }
  if (data.run.finished_unix_ns > data.run.started_unix_ns && data.run.started_unix_ns > 0) {
    record.duration_ns = data.run.finished_unix_ns - data.run.started_unix_ns;
  }
  if (!requests.empty()) RequestReader(source.origin).read(requests, record.measurement);
  if (document.value("was_cancelled", Json()) == true) {
    record.outcome = Outcome::interrupted;
    record.reason = "AIPerf was cancelled before it had sent every request";
  }
  record.details = json_text({{"aiperf", std::move(kept)}, {"source", "aiperf"}});
  data.planned.push_back({record.ordinal, record.subject});
  data.records.push_back(std::move(record));
  return data;
}

}  // namespace ridgepoint
