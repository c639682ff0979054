#include "results/exchange/loadgen.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
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

constexpr std::string_view kSummary = "mlperf_log_summary.txt";
constexpr std::string_view kDetail = "mlperf_log_detail.txt";
constexpr std::string_view kTrace = "mlperf_log_trace.json";
constexpr std::string_view kDetailMark = ":::MLLOG ";
constexpr std::string_view kSummaryMark = "MLPerf Results Summary";

template <class Line>
void for_each_line(std::string_view text, Line&& line) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::string_view trimmed(std::string_view text) {
  const std::size_t from = text.find_first_not_of(" \t\r*");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r") + 1 - from);
}

std::optional<double> read_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

/// What either log says of one test.
struct Test {
  std::map<std::string, double> figures;  ///< by the detail log's names, without "result_"
  Json settings = Json::object();         ///< parameters, and figures that are no numbers
  std::string sut, scenario, mode, version, date;
  std::optional<bool> valid;
  std::vector<std::string> not_met;
};

/// The summary's words for a figure as the detail log's: "Min First Token latency (ns)" is
/// "first_token_min_latency_ns" there.
std::string figure_name(std::string_view label) {
  std::string name;
  for (const char c : label) {
    if (c == '(' || c == ')' || c == ',' || c == '/') continue;
    name += c == ' ' || c == '\t'  ? '_'
            : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a')
                                   : c;
  }
  for (const std::string_view statistic : {"min", "max", "mean"}) {
    if (name == fmt::format("{}_first_token_latency_ns", statistic)) {
      return fmt::format("first_token_{}_latency_ns", statistic);
    }
    if (name == fmt::format("{}_time_per_output_token_ns", statistic)) {
      return fmt::format("time_to_output_token_{}", statistic);
    }
  }
  const std::size_t percentile = name.find("_percentile_");
  if (percentile != std::string::npos) {
    const std::string which = name.substr(0, percentile + std::string_view("_percentile").size());
    const std::string what = name.substr(which.size() + 1);
    if (what == "first_token_latency_ns") return fmt::format("first_token_{}_latency_ns", which);
    if (what == "time_to_output_token_ns") {
      return fmt::format("time_per_output_token_{}_ns", which);
    }
  }
  for (const auto& [from, to] :
       {std::pair("qps_w_loadgen_overhead", "qps_with_loadgen_overhead"),
        std::pair("qps_wo_loadgen_overhead", "qps_without_loadgen_overhead"),
        std::pair("scheduled_samples_per_second", "scheduled_samples_per_sec"),
        std::pair("completed_samples_per_second", "completed_samples_per_sec"),
        std::pair("tps_w_loadgen_overhead", "token_throughput_with_loadgen_overhead")}) {
    if (name == from) return to;
  }
  return name;
}

void read_summary(std::string_view text, Test& test) {
  bool parameters = false, per_query = false;
  for_each_line(text, [&](std::string_view line) {
    parameters = parameters || line.starts_with("Test Parameters Used");
    per_query = line.starts_with("Per-query latency") || (per_query && !line.empty());
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return;
    const std::string_view label = trimmed(line.substr(0, colon));
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (label.empty() || value.empty()) return;
    if (label == "SUT name") {
      test.sut = value;
    } else if (label == "Scenario") {
      test.scenario = value;
    } else if (label == "Mode") {
      test.mode = value;
    } else if (label == "Result is") {
      test.valid = value == "VALID";
    } else if (label.ends_with(" satisfied")) {
      if (value == "NO") test.not_met.emplace_back(label);
    } else if (const auto number = read_number(value)) {
      std::string name = figure_name(label);
      if (parameters) {
        test.settings[name] = *number;
      } else if (per_query && name.ends_with("latency_ns")) {
        // Queries of several samples; the same words follow for the samples.
        name.replace(name.rfind("latency_ns"), std::string::npos, "query_latency_ns");
        test.figures.emplace(name, *number);
      } else {
        test.figures.emplace(name, *number);
      }
    } else if (parameters) {
      test.settings[figure_name(label)] = std::string(value);
    }
  });
}

void read_detail_entry(const std::string& key, const Json& value, bool is_error, Test& test) {
  const auto as_text = [&] {
    return value.is_string() ? value.get<std::string>() : json_text(value);
  };
  if (key == "sut_name") {
    test.sut = as_text();
  } else if (key == "effective_scenario" ||
             (key == "requested_scenario" && test.scenario.empty())) {
    test.scenario = as_text();
  } else if (key == "effective_test_mode" || (key == "requested_test_mode" && test.mode.empty())) {
    test.mode = as_text();
  } else if (key == "loadgen_version") {
    test.version = as_text();
  } else if (key == "test_datetime") {
    test.date = as_text();
  } else if (key == "result_validity") {
    test.valid = value == "VALID";
  } else if (key.ends_with("_met") && value.is_boolean()) {
    if (value == false) test.not_met.push_back(key);
  } else if (key.starts_with("result_") && value.is_number()) {
    test.figures.insert_or_assign(key.substr(std::string_view("result_").size()),
                                  value.get<double>());
  } else if (key.starts_with("effective_") || key.starts_with("requested_") || is_error ||
             key.starts_with("early_stopping_") || key == "qsl_name") {
    test.settings[key] = value;
  }
}

/// LoadGen does not always escape what it logs; lines that are not JSON are passed over.
void read_detail(std::string_view text, Test& test) {
  for_each_line(text, [&](std::string_view line) {
    if (!line.starts_with(kDetailMark)) return;
    const Json entry = parse_or_discard(line.substr(kDetailMark.size()));
    if (!entry.is_object() || !entry.contains("value")) return;
    const Json metadata = entry.value("metadata", Json::object());
    const bool is_error = metadata.is_object() && metadata.value("is_error", Json()) == true;
    read_detail_entry(text_member(entry, "key"), entry["value"], is_error, test);
  });
}

/// The trace as a whole is not JSON (its keys are quoted twice), but the lines that matter are.
class TraceReader {
 public:
  void read(std::string_view text, Measurement& measurement) {
    for_each_line(text, [&](std::string_view line) {
      const bool sample = line.find("\"name\":\"Sample\"") != std::string_view::npos &&
                          line.find("\"ph\":\"b\"") != std::string_view::npos;
      const bool token = line.find("\"name\":\"Token_Latency\"") != std::string_view::npos;
      if (!sample && !token) return;
      while (!line.empty() && (line.back() == ',' || line.back() == '\r')) line.remove_suffix(1);
      const Json event = parse_or_discard(line);
      if (!event.is_object() || !event.contains("args") || !event["args"].is_object()) return;
      sample ? read_sample(event) : read_token(event);
    });
    finish(measurement);
  }

 private:
  struct Sample {
    double scheduled_us = 0;
    std::int64_t issue_delay_ns = 0, latency_ns = 0;
  };

  static std::optional<std::int64_t> whole(const Json& object, const char* key) {
    const auto found = object.find(key);
    if (found == object.end() || !found->is_number_integer()) return std::nullopt;
    const auto value = found->get<std::int64_t>();
    // Anything beyond is no latency; and sums of two stay in range.
    return value >= 0 && value < (std::int64_t{1} << 62) ? std::optional(value) : std::nullopt;
  }

  void read_sample(const Json& event) {
    const Json& of = event["args"];
    const auto sequence = whole(of, "sample_seq"), delay = whole(of, "issue_start_ns"),
               latency = whole(of, "complete_ns");
    if (!sequence || !delay || !latency) return;
    samples_[*sequence] = {finite_number(event, "ts").value_or(0), *delay, *latency};
  }

  void read_token(const Json& event) {
    const auto delay = whole(event["args"], "issue_delay"),
               after = whole(event["args"], "issue_to_done");
    const auto scheduled = finite_number(event, "ts");
    if (delay && after && scheduled) first_tokens_.emplace(*scheduled, *delay + *after);
  }

  void finish(Measurement& measurement) {
    if (samples_.empty()) return;
    std::vector<std::int64_t> latencies, delays, first_tokens, scheduled;
    double first_us = samples_.begin()->second.scheduled_us;
    for (const auto& entry : samples_) first_us = std::min(first_us, entry.second.scheduled_us);
    for (const auto& [sequence, sample] : samples_) {
      latencies.push_back(sample.latency_ns);
      delays.push_back(sample.issue_delay_ns);
      if (const auto ns = ns_of_seconds((sample.scheduled_us - first_us) * 1e-6)) {
        scheduled.push_back(*ns);
      }
      // A first token names no sample, only the moment that the sample was due.
      const auto [from, to] = first_tokens_.equal_range(sample.scheduled_us);
      if (from != to && std::next(from) == to) first_tokens.push_back(from->second);
    }
    measurement.series.push_back({"mlperf:latency", "ns", std::move(latencies)});
    measurement.series.push_back({"mlperf:issue_delay", "ns", std::move(delays)});
    if (scheduled.size() == samples_.size()) {
      measurement.series.push_back({"mlperf:scheduled", "ns", std::move(scheduled)});
    }
    if (first_tokens.size() == samples_.size() && first_tokens_.size() == samples_.size()) {
      measurement.series.push_back({"mlperf:first_token_latency", "ns", std::move(first_tokens)});
    }
  }

  std::map<std::int64_t, Sample> samples_;            // by sequence
  std::multimap<double, std::int64_t> first_tokens_;  // by due time
};

void judge(const Test& test, Record& record) {
  if (!test.valid) {
    record.outcome = Outcome::failed;
    record.reason = "the log ends before a result: LoadGen was stopped, or crashed";
    return;
  }
  if (*test.valid) return;
  record.outcome = Outcome::mistrusted;
  std::vector<std::string> not_met = test.not_met;
  std::ranges::sort(not_met);
  // Not std::ranges::unique: clang 14 cannot compile what GCC 12 has of it.
  not_met.erase(std::unique(not_met.begin(), not_met.end()), not_met.end());
  record.reason = fmt::format("LoadGen calls it INVALID{}{}",
                              not_met.empty() ? "" : "; not met: ", fmt::join(not_met, ", "));
}

}  // namespace

bool is_loadgen(std::string_view text) {
  const std::string_view start = text.substr(0, 64 * 1024);
  return start.find(kDetailMark) != std::string_view::npos ||
         start.find(kSummaryMark) != std::string_view::npos;
}

std::vector<std::string_view> loadgen_files() {
  return {kDetail, kSummary, kTrace};
}

RunWithRecords import_loadgen(const ImportSource& source) {
  Test test;
  std::string all;
  for (const ImportFile& file : source.files) {
    all += file.text.view();
    const std::string_view start = file.text.view().substr(0, 64 * 1024);
    // By what they hold: a file given by itself may have any name.
    if (start.find(kDetailMark) != std::string_view::npos) {
      read_detail(file.text, test);
    } else if (start.find(kSummaryMark) != std::string_view::npos) {
      Test summary;
      read_summary(file.text, summary);
      test.figures.merge(summary.figures);
      for (const auto& [key, value] : summary.settings.items()) test.settings.emplace(key, value);
      if (test.sut.empty()) test.sut = summary.sut;
      if (test.scenario.empty()) test.scenario = summary.scenario;
      if (test.mode.empty()) test.mode = summary.mode;
      if (!test.valid) test.valid = summary.valid;
      if (test.not_met.empty()) test.not_met = summary.not_met;
    }
  }
  if (test.scenario.empty()) {
    throw Error(fmt::format("{}: no scenario in it; give LoadGen's {} or {}, or their folder",
                            source.origin, kSummary, kDetail));
  }
  ImportedFacts facts;
  facts.program = "MLPerf LoadGen";
  facts.program_version = test.version;
  facts.started_unix_ns = unix_ns_of_date(test.date);
  RunWithRecords data;
  data.run =
      imported_run(all, facts, {{"loadgen", {{"sut_name", test.sut}, {"version", test.version}}}},
                   Json::object());
  std::string name = fmt::format("loadgen {} {} {}", test.sut, test.scenario, test.mode);
  if (test.scenario == "Server") {
    for (const char* key : {"effective_target_qps", "requested_server_target_qps", "target_qps"}) {
      if (const auto rate = finite_number(test.settings, key)) {
        name += fmt::format(" {:.12g} qps", *rate);
        break;
      }
    }
  }
  Record record;
  try {
    record = imported_record(data.run, 0, name);
  } catch (const Error& error) {
    throw Error(fmt::format("{}: makes a name that cannot be kept ({}); check the file",
                            source.origin, error.what()));
  }
  for (const auto& [figure, value] : test.figures) {
    record.measurement.metrics.emplace("mlperf:" + figure, value);
  }
  TraceReader().read(source.find(kTrace), record.measurement);
  judge(test, record);
  record.details = json_text({{"loadgen", test.settings},
                              {"mode", test.mode},
                              {"scenario", test.scenario},
                              {"source", "loadgen"}});
  data.planned.push_back({record.ordinal, record.subject});
  data.records.push_back(std::move(record));
  return data;
}

}  // namespace ridgepoint
