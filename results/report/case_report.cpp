#include "results/report/case_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "results/contamination.h"
#include "results/exchange/json_text.h"
#include "results/metric.h"
#include "results/repetition_values.h"
#include "results/report/block_chart.h"
#include "results/report/case_tables.h"
#include "results/report/git_text.h"
#include "results/report/table.h"
#include "results/report/time_text.h"
#include "results/statistics/batches.h"
#include "results/statistics/process_interval.h"
#include "workloads/number_of.h"

namespace ridgepoint {
namespace {

using Json = nlohmann::json;
using TextRows = std::vector<std::vector<std::string>>;

constexpr std::size_t kChartWidth = 96;
constexpr std::size_t kMostStays = 6;
constexpr std::size_t kMostBatchesShown = 12;
// Rates become whole numbers for the interval; so many digits of them survive.
constexpr double kWholeDigits = 1e12;

Json value_at(const Json& object, std::string_view pointer) {
  const Json::json_pointer path{std::string(pointer)};
  return object.is_object() && object.contains(path) ? object.at(path) : Json();
}

/// Texts may be anyone's: no line breaks or control characters in a report's line.
std::string plain(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return text;
}

std::string text_of(const Json& json) {
  if (json.is_null()) return "";
  if (json.is_string()) return plain(json.get<std::string>());
  if (json.is_number_float()) return fmt::format("{:.4g}", json.get<double>());
  return plain(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

std::optional<double> number_at(const Json& object, std::string_view pointer) {
  const Json found = value_at(object, pointer);
  return found.is_number() ? std::optional(found.get<double>()) : std::nullopt;
}

std::string time_of_ns(double ns) {
  return format_value(ns, "ns");
}

/// Lines below a heading, indented; nothing without lines.
void add_section(std::string& report, std::string_view title, const std::string& lines) {
  if (lines.empty()) return;
  report += fmt::format("\n{}\n", title);
  std::string_view rest = lines;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    report += fmt::format("  {}\n", rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

std::string heading(const Run& run, const Record& record) {
  std::string text = fmt::format("Case {} of run {}{}: {}\n", record.ordinal, run.id.substr(0, 8),
                                 run.label.empty() ? "" : fmt::format(" \"{}\"", plain(run.label)),
                                 plain(label(record.subject)));
  text += fmt::format("{}{}\n", name_of(record.outcome),
                      record.reason.empty() ? "" : ": " + plain(record.reason));
  text += fmt::format("{}, took {}; record {}\n", time_text(record.started_unix_ns),
                      time_of_ns(static_cast<double>(record.duration_ns)), record.id);
  const std::string machine = machine_text(run.environment);
  const std::string git = git_text(run);
  text += fmt::format("{}{}{}\n", machine.empty() ? "machine not known" : machine,
                      git.empty() ? "" : ", ", git);
  return text;
}

std::string fields(const Record& record, const Json& details) {
  TextRows rows = {{"field", "value"}};
  for (const CaseField& field : case_fields()) {
    if (!applies(field, record.subject)) continue;
    const std::string value =
        std::visit([](const auto& found) { return plain(fmt::format("{}", found)); },
                   get(record.subject, field));
    if (!value.empty()) rows.push_back({std::string(field.name), value});
  }
  std::string text = align(rows);
  if (record.subject.workload == "ceiling") {
    text += "measured again with: ridgepoint roofline\n";
  } else if (!is_never_run(record.subject)) {
    text += fmt::format("reruns with: ridgepoint run {}\n", plain(to_command_line(record.subject)));
  }
  for (const char* part : {"backend", "model", "cache"}) {
    const Json found = value_at(details, fmt::format("/{}", part));
    if (!found.is_object()) continue;
    std::string words;
    for (const auto& [key, value] : found.items()) {
      words += fmt::format("{}{} {}", words.empty() ? "" : ", ", plain(key), text_of(value));
    }
    text += fmt::format("{}: {}\n", part, words);
  }
  return text;
}

/// Whole numbers in proportion to the values, and the factor between them.
std::pair<std::vector<std::int64_t>, double> as_whole(const std::vector<double>& values) {
  double largest = 0;
  for (const double value : values) largest = std::max(largest, std::abs(value));
  const double factor = largest > 0 && std::isfinite(largest) ? kWholeDigits / largest : 0;
  std::vector<std::int64_t> whole;
  for (const double value : values) whole.push_back(std::llround(value * factor));
  return {std::move(whole), factor};
}

struct KnownTo {
  std::string interval, from;
};

/// How well the median of a metric is known: over processes, or within the one there was.
KnownTo interval_of_metric(const Record& record, const std::string& name) {
  const bool percentile = name.find("_p9") != std::string::npos;
  const RepetitionValues found = repetition_values(name, record.subject, record.measurement);
  if (percentile || found.values.empty()) return {};
  const std::string unit = unit_of_metric(name);
  const auto scaled = as_whole(found.values);
  const std::vector<std::int64_t>& whole = scaled.first;
  const double factor = scaled.second;
  const std::string from = number_of(found.values.size(), "value");
  if (!(factor > 0)) return {"", from};
  const auto text = [&](const Interval& interval) {
    return fmt::format("{} to {}", format_value(interval.low / factor, unit),
                       format_value(interval.high / factor, unit));
  };
  if (const auto over = process_interval(whole, found.process_counts)) {
    return {text(over->interval),
            fmt::format("{} in {}", from, number_of(over->processes, "process"))};
  }
  if (const auto within = median_interval(whole)) {
    return {text(*within), from + " of one process, taken as independent"};
  }
  return {"", from + " of one process"};
}

std::string figures(const Record& record) {
  TextRows rows = {{"metric", "value", "95 % interval", "from"}};
  const auto add = [&](const std::string& name, double value) {
    const KnownTo known = interval_of_metric(record, name);
    rows.push_back(
        {plain(name), format_value(value, unit_of_metric(name)), known.interval, known.from});
  };
  const auto& all = record.measurement.metrics;
  for (const MetricSpec& spec : metrics()) {
    const auto found = all.find(std::string(spec.name));
    const bool memory = spec.name.starts_with("memory_") || spec.name.starts_with("peak_");
    if (found != all.end() && !memory) add(found->first, found->second);
  }
  for (const auto& [name, value] : all) {
    if (find_metric(name) == nullptr) add(name, value);
  }
  return rows.size() > 1 ? align(rows) : "";
}

std::string memory(const Record& record, const Json& details) {
  TextRows rows = {{"class", "bytes"}};
  for (const MetricSpec& spec : metrics()) {
    const auto found = record.measurement.metrics.find(std::string(spec.name));
    const bool is_memory = spec.name.starts_with("memory_") || spec.name.starts_with("peak_");
    if (!is_memory || found == record.measurement.metrics.end()) continue;
    rows.push_back({std::string(spec.short_name), format_value(found->second, "bytes")});
  }
  const Json of_process = value_at(details, "/memory");
  for (const char* key : {"resident_bytes", "anonymous_bytes", "file_bytes"}) {
    const Json value = value_at(of_process, fmt::format("/{}", key));
    if (value.is_number()) {
      rows.push_back({fmt::format("process, {}",
                                  std::string_view(key).substr(0, std::string_view(key).find('_'))),
                      format_value(value.get<double>(), "bytes")});
    } else if (const Json why = value_at(value, "/absent"); why.is_string()) {
      rows.push_back({key, "not read: " + text_of(why)});
    }
  }
  return rows.size() > 1 ? align(rows) : "";
}

std::string stopping(const Json& details) {
  const Json found = value_at(details, "/stopping");
  if (!found.is_object()) return "";
  std::string text;
  const auto asked = number_at(found, "/asked_percent");
  const auto reached = number_at(found, "/reached_percent");
  if (asked) text += fmt::format("asked: ±{:g} % of the median", *asked);
  if (const Json series = value_at(found, "/series"); series.is_string()) {
    text += fmt::format(" of {}", text_of(series));
  }
  if (!text.empty()) text += '\n';
  if (reached) {
    text += fmt::format("reached: ±{:.3g} %", *reached);
    const auto median = number_at(found, "/median_ns");
    const auto low = number_at(found, "/interval_ns/0"), high = number_at(found, "/interval_ns/1");
    if (median && low && high) {
      text +=
          fmt::format(", {} ({} to {})", time_of_ns(*median), time_of_ns(*low), time_of_ns(*high));
    }
    const auto between = number_at(found, "/between_percent");
    const auto within = number_at(found, "/within_percent");
    if (between && within) {
      text += fmt::format("; by what differs between processes ±{:.3g} %, within them ±{:.3g} %",
                          *between, *within);
    }
    text += '\n';
  } else if (const Json why = value_at(found, "/why_no_interval"); why.is_string()) {
    text += fmt::format("reached: no interval, because {}\n", text_of(why));
  }
  std::string counted;
  for (const char* key : {"processes", "repetitions", "samples"}) {
    if (const Json count = value_at(found, fmt::format("/{}", key)); count.is_number_integer()) {
      counted += fmt::format("{}{} {}", counted.empty() ? "" : ", ", text_of(count), key);
    }
  }
  text += fmt::format("stopped by: {} after {}\n", text_of(value_at(found, "/ended_by")), counted);
  if (const Json why = value_at(details, "/noise/why"); why.is_string() && why != Json("")) {
    text += fmt::format("noisy: {}\n", text_of(why));
  }
  if (const Json replaced = value_at(details, "/remeasured/replaces"); replaced.is_string()) {
    text += fmt::format("measured again because noisy, in place of record {}\n", text_of(replaced));
  }
  return text;
}

/// When each sample of the series began, in nanoseconds of measuring: the samples before it, end to
/// end. What lies between samples (checks, eviction) is not in it.
std::vector<double> starts_of(const Series& series) {
  std::vector<double> starts;
  double now = 0;
  for (const std::int64_t sample : series.samples) {
    starts.push_back(now);
    now += static_cast<double>(sample);
  }
  starts.push_back(now);
  return starts;
}

std::string chart_of(const Series& series) {
  const auto batches = batches_of(series.samples, series.process_counts);
  std::vector<std::optional<double>> values;
  std::vector<std::size_t> borders;
  for (const Batch& batch : batches) {
    if (!values.empty() && batch.process != batches[values.size() - 1].process) {
      borders.push_back(values.size());
    }
    values.emplace_back(batch.median);
  }
  if (values.size() < 2) return "";
  const BlockChart chart = block_chart(values, borders, kChartWidth);
  const auto [low, high] = std::ranges::minmax_element(values);
  std::string text = fmt::format("{}\n", chart.blocks);
  if (!chart.marks.empty()) text += fmt::format("{}  ^ a fresh process\n", chart.marks);
  const std::string over =
      series.unit == "ns" ? " over " + time_of_ns(starts_of(series).back()) : std::string();
  return text + fmt::format("{}{}; lowest block {}, highest {}\n",
                            number_of(series.samples.size(), "sample"), over,
                            format_value(**low, series.unit), format_value(**high, series.unit));
}

/// The levels that were found, each with its share and its stays, in samples and in time.
std::string levels_of(const Series& series, const Json& details) {
  const Json found = value_at(details, "/stationarity");
  if (!found.is_object()) return "";
  if (value_at(found, "/judged") == Json(false)) {
    return fmt::format("levels: not judged, {}\n", text_of(value_at(found, "/why")));
  }
  const auto p = number_at(found, "/p_value");
  const std::string p_text = p ? fmt::format(" (p {:.2g})", *p) : "";
  if (value_at(found, "/found") == Json("trend")) {
    return fmt::format("a trend{}: from {} at the start to {} at the end\n", p_text,
                       time_of_ns(number_at(found, "/start_ns").value_or(0)),
                       time_of_ns(number_at(found, "/end_ns").value_or(0)));
  }
  const Json levels = value_at(found, "/levels");
  if (!levels.is_array() || levels.empty()) {
    return fmt::format("one level{}\n", p_text);
  }
  const std::vector<double> starts = starts_of(series);
  const auto moment = [&](const Json& index) {
    const auto place = index.is_number_integer() ? index.get<std::int64_t>() : -1;
    return place >= 0 && place < static_cast<std::int64_t>(starts.size())
               ? starts[static_cast<std::size_t>(place)]
               : 0.0;
  };
  std::string text = fmt::format("{} levels{}:\n", levels.size(), p_text);
  for (const Json& level : levels) {
    const double samples = number_at(level, "/samples").value_or(0);
    text += fmt::format(
        "  {}: {}, {:.0f} %", time_of_ns(number_at(level, "/median_ns").value_or(0)),
        number_of(std::llround(samples), "sample"),
        100 * samples / static_cast<double>(std::max<std::size_t>(1, series.samples.size())));
    const Json ranges = value_at(level, "/ranges");
    std::size_t shown = 0;
    double time_ns = 0;
    std::string stays;
    for (const Json& range : ranges.is_array() ? ranges : Json::array()) {
      if (!range.is_array() || range.size() != 2 || !range[1].is_number_integer()) continue;
      const double from = moment(range[0]), to = moment(range[1].get<std::int64_t>() + 1);
      time_ns += std::max(0.0, to - from);
      if (shown++ >= kMostStays) continue;
      stays += fmt::format("{}samples {} to {} ({} to {})", stays.empty() ? "" : "; ",
                           text_of(range[0]), text_of(range[1]), time_of_ns(from), time_of_ns(to));
    }
    const auto all_stays = static_cast<std::size_t>(number_at(level, "/stays").value_or(0));
    if (shown == all_stays) text += fmt::format(", {} in all", time_of_ns(time_ns));
    text += fmt::format("\n    {}", stays);
    if (all_stays > std::min(shown, kMostStays)) {
      text += fmt::format("; and {} more", all_stays - std::min(shown, kMostStays));
    }
    text += '\n';
  }
  return text;
}

std::string series_section(const Record& record, const Json& details) {
  const Series* primary = record.measurement.find(primary_series(record.subject));
  std::string text;
  if (primary != nullptr && !primary->samples.empty()) {
    text += fmt::format("{} ({}):\n", primary->name, primary->unit);
    text += chart_of(*primary);
    text += levels_of(*primary, details);
  }
  for (const Series& series : record.measurement.series) {
    if (&series == primary || series.samples.empty() || series.name.starts_with("batch.")) continue;
    text += fmt::format(
        "{}: {}, median {}, {} to {}\n", plain(series.name),
        number_of(series.samples.size(), "sample"),
        format_value(median(series.samples), series.unit),
        format_value(static_cast<double>(std::ranges::min(series.samples)), series.unit),
        format_value(static_cast<double>(std::ranges::max(series.samples)), series.unit));
    if (primary == nullptr) text += chart_of(series);
  }
  return text;
}

std::int64_t cpus_of(const Run& run) {
  const Json environment = parse_or_discard(run.environment);
  for (const char* key : {"/cpu/threads", "/cpu/cores"}) {
    if (const auto count = number_at(environment, key); count && *count >= 1) {
      return static_cast<std::int64_t>(*count);
    }
  }
  return 1;
}

/// Every count of the batches: its total, its worst batch, and a line over time; then the batches
/// that count as contaminated, each with its causes.
std::string contamination(const Run& run, const Record& record, const Json& details) {
  const Measurement& measurement = record.measurement;
  const Series* samples = measurement.find("batch.samples");
  if (samples == nullptr || samples->samples.empty()) return "";
  const auto judged =
      contamination_of(measurement, cpus_of(run), record.subject.cache == "cold-disk");
  std::string text =
      fmt::format("{} of {} contaminated", judged.contaminated, number_of(judged.batches, "batch"));
  std::string causes;
  for (const auto& [cause, batches] : judged.by) {
    causes += fmt::format("{}{} {}", causes.empty() ? "" : ", ", cause, batches);
  }
  if (!causes.empty()) text += fmt::format(" ({})", causes);
  if (const Json rule = value_at(details, "/contamination/criterion"); rule.is_string()) {
    text += fmt::format("; a batch is when it has {}", text_of(rule));
  }
  text += '\n';

  TextRows rows = {{"counted", "total or median", "worst batch", "over time"}};
  for (const BatchSeriesSpec& spec : batch_series()) {
    const Series* series = measurement.find(spec.name);
    if (series == nullptr || series->samples.empty()) {
      const Json why =
          value_at(value_at(details, "/absent_counters"), fmt::format("/{}", spec.name));
      rows.push_back({std::string(spec.name.substr(6)),
                      why.is_string() ? "not read: " + text_of(why) : "not read", "", ""});
      continue;
    }
    const bool clock = spec.name == "batch.clock_khz";
    double total = 0;
    std::vector<std::optional<double>> values;
    for (const std::int64_t value : series->samples) {
      total += static_cast<double>(value);
      values.emplace_back(static_cast<double>(value));
    }
    const auto worst =
        clock ? std::ranges::min(series->samples) : std::ranges::max(series->samples);
    rows.push_back({std::string(spec.name.substr(6)),
                    format_value(clock ? median(series->samples) : total, spec.unit),
                    format_value(static_cast<double>(worst), spec.unit),
                    block_chart(values, {}, kChartWidth / 2).blocks});
  }
  text += align(rows);

  if (!judged.which.empty()) {
    TextRows batches = {{"batch", "samples", "causes"}};
    std::vector<std::int64_t> first = {0};
    for (const std::int64_t count : samples->samples) first.push_back(first.back() + count);
    for (const auto& [batch, why] : judged.which) {
      if (batches.size() > kMostBatchesShown) break;
      const auto i = static_cast<std::size_t>(batch);
      batches.push_back(
          {fmt::format("{}", batch), fmt::format("{} to {}", first[i], first[i + 1] - 1), why});
    }
    text += align(batches);
    if (judged.which.size() > kMostBatchesShown) {
      text += fmt::format("and {} more\n", judged.which.size() - kMostBatchesShown);
    }
  }
  return text;
}

std::string processes(const Record& record, const Json& details) {
  const Json list = value_at(details, "/processes");
  const Series* primary = record.measurement.find(primary_series(record.subject));
  if (!list.is_array() || list.empty()) return "";
  TextRows rows = {{"process", "took", "warm-up", "stopped by", "samples", "median", "exit"}};
  std::size_t from = 0;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const Json& process = list[i];
    std::string count, middle;
    if (primary != nullptr) {
      const auto& counts = primary->process_counts;
      const auto own = counts.empty() && i == 0 ? primary->samples.size()
                       : i < counts.size()      ? static_cast<std::size_t>(counts[i])
                                                : 0;
      count = fmt::format("{}", own);
      if (own > 0 && from + own <= primary->samples.size()) {
        middle =
            format_value(median(std::span<const std::int64_t>(primary->samples).subspan(from, own)),
                         primary->unit);
      }
      from += own;
    }
    const auto took = number_at(process, "/duration_ns");
    const auto warm = number_at(process, "/warm_up/elapsed_ns");
    const Json passes = value_at(process, "/warm_up/passes");
    rows.push_back(
        {fmt::format("{}", i), took ? time_of_ns(*took) : "",
         warm ? fmt::format(
                    "{} ({}, {})", time_of_ns(*warm),
                    number_of(passes.is_number_integer() ? passes.get<std::int64_t>() : 0, "pass"),
                    text_of(value_at(process, "/warm_up/ended_by")))
              : "",
         text_of(value_at(process, "/stopping/ended_by")), count, middle,
         text_of(value_at(process, "/exit"))});
  }
  return align(rows);
}

std::string check(const Json& details) {
  const Json found = value_at(details, "/check");
  if (!found.is_object()) return "";
  if (value_at(found, "/compared") == Json(false)) {
    return fmt::format("not checked: {}\n", text_of(value_at(found, "/why")));
  }
  std::string text;
  for (const auto& [key, value] : found.items()) {
    if (key == "compared") continue;
    text += fmt::format("{}: {}\n", plain(key), text_of(value));
  }
  return text;
}

/// What each class held and the kernel counted, from stage to stage.
std::string memory_over_time(const Json& details) {
  const Json moments = value_at(details, "/memory_over_time");
  if (!moments.is_array()) return "";
  TextRows rows = {{"at", "stage", "weights", "KV", "activations", "scratch", "other", "anonymous",
                    "of files", "heap used", "heap free"}};
  for (const Json& moment : moments) {
    std::vector<std::string> row = {time_of_ns(number_at(moment, "/at_ns").value_or(0)),
                                    text_of(value_at(moment, "/stage"))};
    for (const char* key :
         {"weights_bytes", "kv_bytes", "activations_bytes", "scratch_bytes", "other_bytes",
          "anonymous_bytes", "file_bytes", "heap_used_bytes", "heap_free_bytes"}) {
      const auto bytes = number_at(moment, fmt::format("/{}", key));
      row.push_back(bytes ? format_value(*bytes, "bytes") : "");
    }
    rows.push_back(std::move(row));
  }
  return align(rows);
}

/// Of an import: what the program said of the case.
std::string imported(const Record& record, const Json& details) {
  if (record.subject.workload != "imported" || !details.is_object()) return "";
  std::string text;
  for (const auto& [key, value] : details.items()) {
    if (value.is_object()) {
      for (const auto& [inner, said] : value.items()) {
        if (!said.is_structured()) {
          text += fmt::format("{}.{}: {}\n", plain(key), plain(inner), text_of(said));
        }
      }
    } else {
      text += fmt::format("{}: {}\n", plain(key), text_of(value));
    }
  }
  return text;
}

}  // namespace

std::string case_report(const Run& run, const Record& record) {
  const Json details = parse_or_discard(record.details);
  std::string report = heading(run, record);
  add_section(report, "Case", fields(record, details));
  add_section(report, "Figures", figures(record));
  add_section(report, "When measuring stopped", stopping(details));
  add_section(report, "Samples over time", series_section(record, details));
  add_section(report, "What disturbed it", contamination(run, record, details));
  add_section(report, "Processes", processes(record, details));
  add_section(report, "Check", check(details));
  add_section(report, "Memory", memory(record, details));
  add_section(report, "Memory over time", memory_over_time(details));
  add_section(report, "As the program said", imported(record, details));
  return report;
}

}  // namespace ridgepoint
