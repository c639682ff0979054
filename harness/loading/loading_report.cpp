// What was measured, as records of the store and as a table.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "harness/environment/new_run.h"
#include "harness/environment/stored_figures.h"
#include "harness/loading/measure_loading.h"
#include "profiler/clock/monotonic_clock.h"
#include "results/report/table.h"

namespace ridgepoint {
namespace {

/// Below this a pass is over before a disk is at its best.
constexpr std::int64_t kSmallFileBytes = std::int64_t{64} << 20;
constexpr double kFasterThanTheDisk = 1.25;

Record record_of(const Loading& loading, const LoadingFigure& figure) {
  Record record;
  record.subject = figure_case(fmt::format("loading, {}, {}, {}",
                                           std::filesystem::path(loading.path).filename().string(),
                                           figure.cold ? "cold" : "warm", name_of(figure.way)));
  record.started_unix_ns = unix_ns();
  nlohmann::json details = {{"way", name_of(figure.way)},
                            {"cold", figure.cold},
                            {"threads", figure.threads},
                            {"bytes", loading.bytes},
                            {"file_bytes", loading.file_bytes},
                            {"disk_bytes", figure.disk_bytes},
                            {"disk_bytes_per_second", loading.disk_bytes_per_second},
                            {"disk_threads", loading.disk_threads},
                            {"path", loading.path}};
  if (!loading.disk_absent.empty()) details["disk_absent"] = loading.disk_absent;
  if (figure.cold) details["cached_share_before"] = figure.cached_share;
  if (!figure.absent.empty()) {
    record.outcome = Outcome::unsupported;
    record.reason = figure.absent;
  } else if (figure.samples_ns.empty()) {
    record.outcome = Outcome::interrupted;
    record.reason = "stopped before its first pass";
  } else {
    if (!figure.doubt.empty()) {
      record.outcome = Outcome::mistrusted;
      record.reason = figure.doubt;
    }
    record.measurement.series.push_back({"load", "ns", figure.samples_ns, {}});
    record.measurement.metrics["bytes_per_second"] = loading.bytes_per_second(figure);
  }
  record.details =
      nlohmann::json{{"loading", std::move(details)}, {"primary_metrics", {"bytes_per_second"}}}
          .dump();
  return record;
}

std::string range_of(const Loading& loading, const LoadingFigure& figure) {
  const auto [least, most] = std::ranges::minmax(figure.samples_ns);
  const auto rate = [&](std::int64_t ns) {
    return format_value(static_cast<double>(loading.bytes) * 1e9 / static_cast<double>(ns),
                        "bytes/s");
  };
  return fmt::format("{} to {}", rate(most), rate(least));
}

}  // namespace

std::string store_loading(Store& store, const Loading& loading, const std::string& label,
                          const std::string& command) {
  const Run run = new_run("loading", label, command);
  std::vector<Record> records;
  for (const LoadingFigure& figure : loading.figures) records.push_back(record_of(loading, figure));
  store_figures(store, run, std::move(records), loading.interrupted);
  return run.id;
}

std::string loading_text(const Loading& loading) {
  std::vector<std::vector<std::string>> rows = {
      {"", "way", "threads", "passes", "loaded", "range", "of the disk's own"}};
  std::vector<std::string> notes;
  for (const LoadingFigure& figure : loading.figures) {
    const std::string state =
        uses_page_cache(figure.way) ? figure.cold ? "cold" : "warm" : "either";
    std::vector<std::string> row = {state, std::string(words_for(figure.way)),
                                    std::to_string(figure.threads),
                                    std::to_string(figure.samples_ns.size())};
    const double rate = loading.bytes_per_second(figure);
    if (rate > 0) {
      row.push_back(format_value(rate, "bytes/s"));
      row.push_back(range_of(loading, figure));
      row.push_back(loading.disk_bytes_per_second > 0
                        ? fmt::format("{:.0f} %", 100 * rate / loading.disk_bytes_per_second)
                        : "");
    }
    rows.push_back(std::move(row));
    const bool is_cold =
        figure.cold && uses_page_cache(figure.way) && figure.way != LoadWay::packed;
    if (is_cold && loading.disk_bytes_per_second > 0 &&
        rate > kFasterThanTheDisk * loading.disk_bytes_per_second) {
      notes.push_back(fmt::format(
          "cold, {}: faster than direct reads of the disk, so its bytes came from some memory on "
          "the way, or the passes are too short",
          name_of(figure.way)));
    }
    for (const std::string& why : {figure.absent, figure.doubt}) {
      if (!why.empty()) notes.push_back(fmt::format("{}, {}: {}", state, name_of(figure.way), why));
    }
    if (figure.way == LoadWay::packed && figure.cold) {
      notes.push_back(fmt::format(
          "packed: {} on the disk, {:.0f} % of the file",
          format_value(static_cast<double>(figure.disk_bytes), "bytes"),
          100 * static_cast<double>(figure.disk_bytes) / static_cast<double>(loading.bytes)));
    }
  }
  const auto size = [](std::int64_t bytes) {
    return format_value(static_cast<double>(bytes), "bytes");
  };
  std::string text = fmt::format("{}: {}", loading.path, size(loading.bytes));
  if (loading.file_bytes > loading.bytes) {
    text += fmt::format(", the front of {}", size(loading.file_bytes));
  }
  text += "\n";
  text +=
      loading.disk_bytes_per_second > 0
          ? fmt::format("the disk's own: {} ({} direct reads under way)\n\n",
                        format_value(loading.disk_bytes_per_second, "bytes/s"),
                        loading.disk_threads)
          : fmt::format("the disk's own: absent: {}\n\n",
                        loading.disk_absent.empty() ? "it was not measured" : loading.disk_absent);
  text += align(rows);
  if (loading.bytes < kSmallFileBytes) {
    text += fmt::format(
        "{} are little: opening and beginning threads are a part of such passes, of the disk's "
        "own, "
        "too; take shares of it as a hint, or a file of {} or more\n",
        size(loading.bytes), size(kSmallFileBytes));
  }
  for (const std::string& note : notes) text += note + "\n";
  text +=
      "A virtual disk may be another machine's memory: what is cold here can be warm there, and "
      "faster than any "
      "disk.\n";
  return text;
}

}  // namespace ridgepoint
