#include "results/exchange/google_benchmark.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

#include "results/exchange/date_text.h"
#include "results/exchange/imported_run.h"
#include "results/exchange/json_text.h"
#include "results/metric.h"
#include "results/statistics/quantile.h"
#include "workloads/content_hash.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

using Json = nlohmann::json;

// What the library writes of a benchmark besides user counters.
const std::set<std::string, std::less<>>& known_keys() {
  static const std::set<std::string, std::less<>> keys = {"name",
                                                          "run_name",
                                                          "run_type",
                                                          "repetitions",
                                                          "threads",
                                                          "family_index",
                                                          "iterations",
                                                          "per_family_instance_index",
                                                          "real_time",
                                                          "repetition_index",
                                                          "cpu_time",
                                                          "time_unit",
                                                          "label",
                                                          "error_occurred",
                                                          "error_message",
                                                          "skipped",
                                                          "skip_message",
                                                          "aggregate_name",
                                                          "aggregate_unit",
                                                          "big_o",
                                                          "rms",
                                                          "cpu_coefficient",
                                                          "real_coefficient",
                                                          "allocs_per_iter",
                                                          "max_bytes_used",
                                                          "total_allocated_bytes",
                                                          "net_heap_growth"};
  return keys;
}

/// "2024-05-01T13:45:06+02:00", as the library writes it since 1.5.
std::int64_t unix_ns_of(const Json& date) {
  return date.is_string() ? unix_ns_of_date(date.get_ref<const std::string&>()) : 0;
}

class GoogleBenchmarkImporter {
 public:
  GoogleBenchmarkImporter(std::string_view json, std::string_view origin)
      : origin_(origin),
        document_(parse_untrusted_json(without_bare_numbers(json), origin)),
        run_id_(uuid_of_text(json)) {}

  RunWithRecords run() {
    if (!document_.is_object() || !document_.contains("benchmarks") ||
        !document_["benchmarks"].is_array()) {
      throw Error(
          fmt::format("{}: no \"benchmarks\" list; write it with --benchmark_out=FILE "
                      "--benchmark_out_format=json",
                      origin_));
    }
    read_context();
    std::size_t index = 0;
    for (const Json& entry : document_["benchmarks"]) read_entry(entry, index++);
    if (!data_.records.empty()) keep_aggregated(index);
    if (data_.records.empty()) {
      throw Error(fmt::format("{}: no benchmark in it{}", origin_,
                              index > 0 ? ", only aggregates; run with "
                                          "--benchmark_report_aggregates_only=false"
                                        : "; check --benchmark_filter"));
    }
    for (std::size_t i = 0; i < data_.records.size(); ++i) finish(data_.records[i], gathered_[i]);
    return std::move(data_);
  }

 private:
  /// Of one benchmark, over its repetitions.
  struct Gathered {
    std::vector<std::int64_t> totals, iterations;
    std::vector<double> real_ns, cpu_ns;
    std::map<std::string, std::vector<double>> counters;
    Json labels = Json::array();
    Outcome outcome = Outcome::ok;
    std::string reason;
  };

  [[noreturn]] void fail(std::size_t index, const std::string& what) const {
    throw Error(
        fmt::format("{}: benchmark {} (counted from 0) {}; check the file", origin_, index, what));
  }

  void read_context() {
    Run& run = data_.run;
    run.id = run_id_;
    run.suite = "imported";
    run.status = "finished";
    Json context = document_.value("context", Json::object());
    if (!context.is_object()) context = Json::object();
    Json moving = Json::object();
    for (const char* key : {"date", "load_avg"}) {
      if (!context.contains(key)) continue;
      moving[key] = context[key];
      context.erase(key);
    }
    run.started_unix_ns = run.finished_unix_ns = unix_ns_of(moving.value("date", Json()));
    Json cpu = Json::object();
    if (context.contains("num_cpus") && context["num_cpus"].is_number_integer()) {
      cpu["cores"] = context["num_cpus"];
    }
    if (context.contains("library_version") && context["library_version"].is_string()) {
      run.tool_version =
          "importing Google Benchmark " + context["library_version"].get<std::string>();
    } else {
      run.tool_version = "importing Google Benchmark";
    }
    const Json executable = context.value("executable", Json());
    run.command = executable.is_string() ? executable.get<std::string>() : "google-benchmark";
    const Json environment = {{"cpu", std::move(cpu)}, {"google_benchmark", std::move(context)}};
    const auto dump = [](const Json& json) {
      return json.dump(-1, ' ', false, Json::error_handler_t::replace);
    };
    run.environment = dump(environment);
    run.environment_hash = content_hash(run.environment);
    run.conditions = dump(moving);
  }

  void read_entry(const Json& entry, std::size_t index) {
    if (!entry.is_object()) fail(index, "is not an object");
    const Json run_type = entry.value("run_type", Json());
    const std::string run_name = text_member(entry, "run_name");
    if (run_type == "aggregate" || entry.contains("aggregate_name")) {
      // A fit over the sizes of a family stands for no benchmark of its own.
      const std::string aggregate = text_member(entry, "aggregate_name");
      const bool fit = aggregate == "BigO" || aggregate == "RMS";
      if (!fit && !run_name.empty()) aggregated_.push_back(run_name);
      return;
    }
    const Json name = entry.value("name", Json());
    if (!name.is_string()) fail(index, "has no \"name\"");
    repeated_.insert(run_name);
    Gathered& gathered = gathered_for(name.get<std::string>(), index);
    if (note_failure(entry, gathered)) return;

    const double unit_ns = unit_of(entry, index);
    const Json iterations = entry.value("iterations", Json());
    if (!iterations.is_number_integer() || !(iterations > 0) ||
        iterations > std::numeric_limits<std::int64_t>::max()) {
      fail(index, "has no positive whole \"iterations\"");
    }
    const auto count = iterations.get<std::int64_t>();
    const std::optional<double> real = number_of(entry, "real_time");
    if (!real || *real < 0) fail(index, "has no \"real_time\" of 0 or more");
    const double total = *real * unit_ns * static_cast<double>(count);
    if (!(total < 9.2e18)) fail(index, "ran for more nanoseconds than 64 bits count");
    gathered.totals.push_back(std::llround(total));
    gathered.iterations.push_back(count);
    gathered.real_ns.push_back(*real * unit_ns);
    if (const auto cpu = number_of(entry, "cpu_time")) gathered.cpu_ns.push_back(*cpu * unit_ns);
    if (entry.contains("label") && entry["label"].is_string()) {
      gathered.labels.push_back(entry["label"]);
    }
    for (const auto& [key, value] : entry.items()) {
      const auto counter = known_keys().contains(key) ? std::nullopt : number_of(entry, key);
      if (counter) gathered.counters[key].push_back(*counter);
    }
  }

  /// Benchmarks of which the file has aggregates alone: cases without samples, lest they be lost.
  void keep_aggregated(std::size_t index) {
    for (const std::string& name : aggregated_) {
      if (repeated_.contains(name) || position_.contains(name)) continue;
      Gathered& gathered = gathered_for(name, index);
      gathered.outcome = Outcome::unsupported;
      gathered.reason =
          "only aggregates of its repetitions are in the file; "
          "--benchmark_report_aggregates_only=false writes each";
    }
  }

  Gathered& gathered_for(const std::string& name, std::size_t index) {
    const auto [found, added] = position_.emplace(name, data_.records.size());
    if (added) {
      Record record;
      record.ordinal = static_cast<std::int64_t>(data_.records.size());
      record.run_id = run_id_;
      record.id = uuid_of_text(run_id_ + "/" + name);
      record.started_unix_ns = data_.run.started_unix_ns;
      try {
        set(record.subject, *find_case_field("workload"), std::string("imported"));
        set(record.subject, *find_case_field("name"), name);
      } catch (const Error& error) {
        fail(index, fmt::format("has a name that cannot be kept ({})", error.what()));
      }
      data_.records.push_back(std::move(record));
      gathered_.emplace_back();
    }
    return gathered_[found->second];
  }

  /// The first failure of a benchmark is its outcome; its other repetitions keep their samples.
  static bool note_failure(const Json& entry, Gathered& gathered) {
    const bool failed = entry.value("error_occurred", Json()) == true;
    const bool skipped = entry.value("skipped", Json()) == true;
    if (!failed && !skipped) return false;
    if (gathered.outcome == Outcome::ok) {
      gathered.outcome = failed ? Outcome::failed : Outcome::unsupported;
      const Json message = entry.value(failed ? "error_message" : "skip_message", Json());
      if (message.is_string()) gathered.reason = message.get<std::string>();
      if (gathered.reason.empty()) gathered.reason = "the benchmark gave no reason";
    }
    return true;
  }

  double unit_of(const Json& entry, std::size_t index) const {
    const Json unit = entry.value("time_unit", Json("ns"));
    if (unit == "ns") return 1;
    if (unit == "us") return 1e3;
    if (unit == "ms") return 1e6;
    if (unit == "s") return 1e9;
    fail(index, "has a \"time_unit\" other than ns, us, ms, s");
  }

  static std::optional<double> number_of(const Json& entry, const std::string& key) {
    const auto found = entry.find(key);
    if (found == entry.end() || !found->is_number()) return std::nullopt;
    const auto value = found->get<double>();
    return std::isfinite(value) ? std::optional(value) : std::nullopt;
  }

  void finish(Record& record, Gathered& gathered) {
    record.outcome = gathered.outcome;
    record.reason = gathered.reason;
    for (const std::int64_t total : gathered.totals) {
      // Many long repetitions may go past int64 together; the duration then stops at its end.
      if (__builtin_add_overflow(record.duration_ns, total, &record.duration_ns)) {
        record.duration_ns = std::numeric_limits<std::int64_t>::max();
      }
    }
    Measurement& measurement = record.measurement;
    if (!gathered.totals.empty()) {
      measurement.series.push_back({"total", "ns", std::move(gathered.totals)});
      measurement.series.push_back({"iterations", "1", std::move(gathered.iterations)});
      measurement.metrics["real_time_ns"] = median(std::span<const double>(gathered.real_ns));
    }
    if (!gathered.cpu_ns.empty()) {
      measurement.metrics["cpu_time_ns"] = median(std::span<const double>(gathered.cpu_ns));
    }
    for (const auto& [name, values] : gathered.counters) {
      measurement.metrics["counter:" + name] = median(std::span<const double>(values));
    }
    derive_metrics(record.subject, measurement);
    Json details = {{"source", "google-benchmark"}};
    if (!gathered.labels.empty()) details["labels"] = std::move(gathered.labels);
    record.details = details.dump(-1, ' ', false, Json::error_handler_t::replace);
    data_.planned.push_back({record.ordinal, record.subject});
  }

  std::string origin_;
  Json document_;
  std::string run_id_;
  RunWithRecords data_;
  std::map<std::string, std::size_t> position_;
  std::vector<std::string> aggregated_;          // run names of aggregates, in their order
  std::set<std::string, std::less<>> repeated_;  // run names of repetitions
  std::vector<Gathered> gathered_;               // beside data_.records
};

}  // namespace

RunWithRecords import_google_benchmark(std::string_view json, std::string_view origin) {
  return GoogleBenchmarkImporter(json, origin).run();
}

}  // namespace ridgepoint
