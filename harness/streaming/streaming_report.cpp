// Streaming as records of the store and as a table.
#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "harness/environment/environment.h"
#include "harness/environment/new_run.h"
#include "harness/environment/stored_figures.h"
#include "harness/streaming/streaming.h"
#include "profiler/clock/monotonic_clock.h"
#include "results/report/table.h"
#include "results/statistics/quantile.h"
#include "workloads/number_of.h"

namespace ridgepoint {
namespace {

using Json = nlohmann::json;

/// Below this a step is over before a disk is at its best.
constexpr std::int64_t kSmallStreamBytes = std::int64_t{64} << 20;

std::string model_name(const Streaming& streaming) {
  return std::filesystem::path(streaming.model.variant.model).filename().string();
}

Case case_of(const Streaming& streaming, const StreamingPoint& point) {
  return figure_case(fmt::format("streamed, {}, {}, share {:.2f}", model_name(streaming),
                                 name_of(point.way), point.asked_share));
}

Json json_of(const StreamingPoint& point) {
  Json json = {{"way", name_of(point.way)},
               {"asked_share", point.asked_share},
               {"share", point.share},
               {"streamed_bytes", point.streamed_bytes},
               {"predicted_seconds", point.predicted_seconds},
               {"roof_seconds", point.roof_seconds}};
  if (point.measured_seconds() > 0) {
    json["measured_seconds"] = point.measured_seconds();
    json["error"] = point.error();
    json["buffer_bytes"] = point.buffer_bytes;
    json["cached_share_after"] = point.cached_share;
    if (point.disk_bytes_per_second > 0)
      json["disk_bytes_per_second"] = point.disk_bytes_per_second;
    if (point.storage_bytes) json["storage_bytes"] = *point.storage_bytes;
  }
  return json;
}

Json predictions_of(const Streaming& streaming) {
  Json json = {{"model", json_of(streaming.model)},
               {"weight_bytes", streaming.weight_bytes},
               {"fixed_bytes", streaming.fixed_bytes},
               {"step_seconds", streaming.step_seconds},
               {"roof_seconds", streaming.roof_seconds},
               {"mapped_bytes_per_second", streaming.mapped_rate},
               {"direct_bytes_per_second", streaming.direct_rate},
               {"readers", streaming.readers},
               {"knees", Json::array()},
               {"points", Json::array()}};
  if (streaming.limited_rate > 0) json["limited_bytes_per_second"] = streaming.limited_rate;
  if (!streaming.mapped_absent.empty()) json["mapped_absent"] = streaming.mapped_absent;
  if (!streaming.direct_absent.empty()) json["direct_absent"] = streaming.direct_absent;
  for (const StreamingKnee& knee : streaming.knees()) {
    json["knees"].push_back({{"way", name_of(knee.way)}, {"share", knee.predicted_share}});
  }
  for (const StreamingPoint& point : streaming.points) json["points"].push_back(json_of(point));
  return json;
}

Json score_of(const Streaming& streaming) {
  Json score = {{"points", streaming.scored()},
                {"points_not_scored", streaming.not_scored()},
                {"knees", Json::array()}};
  if (streaming.scored() > 0) score["mean_absolute_error"] = streaming.mean_absolute_error();
  if (!streaming.resident_ns.empty()) {
    score["step_seconds"] = median(streaming.resident_ns) * 1e-9;
  }
  for (const StreamingKnee& knee : streaming.knees()) {
    Json one = {{"way", name_of(knee.way)}, {"predicted_share", knee.predicted_share}};
    if (knee.measured_share) one["measured_share"] = *knee.measured_share;
    if (knee.seen_bytes_per_second) one["bytes_per_second"] = *knee.seen_bytes_per_second;
    score["knees"].push_back(std::move(one));
  }
  return score;
}

Record record_in(const Run& run, std::int64_t ordinal, Case subject, const Json& details) {
  Record record;
  record.id = new_uuid();
  record.run_id = run.id;
  record.ordinal = ordinal;
  record.subject = std::move(subject);
  record.started_unix_ns = unix_ns();
  record.details = details.dump();
  return record;
}

/// Outcome, samples and metrics of a point that was measured, or was to be.
void put_results(const StreamingPoint& point, Record& record) {
  if (!point.absent.empty()) {
    record.outcome = point.out_of_memory ? Outcome::out_of_memory : Outcome::unsupported;
    record.reason = point.absent;
  } else if (!point.wrong.empty()) {
    record.outcome = Outcome::wrong;
    record.reason = point.wrong;
  } else if (!point.doubt.empty()) {
    record.outcome = Outcome::mistrusted;
    record.reason = point.doubt;
  }
  if (point.step_ns.empty()) return;
  record.measurement.series.push_back({"decode_step", "ns", point.step_ns, {}});
  auto& metrics = record.measurement.metrics;
  metrics["decode_tokens_per_second"] = 1 / point.measured_seconds();
  metrics["resident_weight_share"] = point.share;
  if (point.storage_bytes) metrics["token_storage_bytes"] = *point.storage_bytes;
  if (point.predicted_seconds > 0) metrics["prediction_error"] = point.error();
}

/// Steps with all weights in memory, or why there are none.
Record resident_record(const Streaming& streaming, const Run& run, const Case& subject) {
  Record resident = record_in(run, 1, subject,
                              {{"predicted_seconds", streaming.step_seconds},
                               {"primary_metrics", {"decode_tokens_per_second"}}});
  if (streaming.resident_ns.empty()) {
    resident.outcome = streaming.interrupted ? Outcome::interrupted : Outcome::unsupported;
    resident.reason = streaming.resident_absent;
    return resident;
  }
  resident.measurement.series.push_back({"decode_step", "ns", streaming.resident_ns, {}});
  auto& metrics = resident.measurement.metrics;
  metrics["decode_tokens_per_second"] = 1e9 / median(streaming.resident_ns);
  metrics["resident_weight_share"] = 1;
  return resident;
}

std::string rate_text(double bytes_per_second) {
  return format_value(bytes_per_second, "bytes/s");
}

/// What takes longer by the prediction.
std::string binding(const Streaming& streaming, const StreamingPoint& point) {
  if (point.predicted_seconds <= 0) return "";
  const double disk_seconds =
      static_cast<double>(point.streamed_bytes) / streaming.costs(point.way).disk_bytes_per_second;
  const double total = point.predicted_seconds;
  return disk_seconds > streaming.step_seconds
             ? fmt::format("disk, {:.0f} % of the time", 100 * disk_seconds / total)
             : fmt::format("memory, {:.0f} % of the time", 100 * streaming.step_seconds / total);
}

std::vector<std::string> row_of(const Streaming& streaming, const StreamingPoint& point) {
  std::vector<std::string> row = {
      std::string(name_of(point.way)), fmt::format("{:.0f} %", 100 * point.asked_share),
      point.way == StreamWay::limited ? std::string("the kernel's choice")
                                      : fmt::format("{:.0f} %", 100 * point.share)};
  row.push_back(point.predicted_seconds > 0 ? fmt::format("{:.2f}", 1 / point.predicted_seconds)
                                            : "");
  row.push_back(point.roof_seconds > 0 ? fmt::format("{:.2f}", 1 / point.roof_seconds) : "");
  const double measured = point.measured_seconds();
  row.push_back(measured > 0 ? fmt::format("{:.2f}", 1 / measured) : "");
  row.push_back(measured > 0 ? fmt::format("{:+.1f} %", 100 * point.error()) : "");
  row.push_back(measured > 0 && point.disk_bytes_per_second > 0
                    ? fmt::format("{:+.1f} %", 100 * streaming.error_at_disk(point))
                    : "");
  row.push_back(format_value(static_cast<double>(point.streamed_bytes), "bytes"));
  row.push_back(point.storage_bytes ? format_value(*point.storage_bytes, "bytes") : "");
  row.push_back(binding(streaming, point));
  return row;
}

std::string knee_text(const Streaming& streaming, const StreamingKnee& knee) {
  const auto memory = [&](double share) {
    return format_value(share * static_cast<double>(streaming.weight_bytes), "bytes");
  };
  std::string text =
      fmt::format("knee, {}: predicted at {:.1f} % of the weights ({}; disk {})", name_of(knee.way),
                  100 * knee.predicted_share, memory(knee.predicted_share),
                  rate_text(knee.disk_bytes_per_second));
  if (knee.measured_share) {
    text += fmt::format(", measured at {:.1f} % ({}; steps got {})", 100 * *knee.measured_share,
                        memory(*knee.measured_share), rate_text(*knee.seen_bytes_per_second));
  } else if (streaming.scored() > 0) {
    text += ", not measured: no step waited for the disk long enough to tell";
  }
  return text + "\n";
}

}  // namespace

std::string run_streaming(Store& store, Streaming& streaming, bool measures,
                          const std::string& label, const std::string& command,
                          const std::function<void(const StreamingPoint&)>& on_point,
                          const std::atomic<bool>& stop) {
  const Run run = new_run("wall", label, command);
  // First what is predicted, last how well: between them each point as it is measured.
  std::vector<Case> planned{figure_case("predictions of streaming, " + model_name(streaming))};
  if (measures) {
    planned.push_back(figure_case("in memory, " + model_name(streaming)));
    for (const StreamingPoint& point : streaming.points) {
      planned.push_back(case_of(streaming, point));
    }
    planned.push_back(figure_case("score of streaming, " + model_name(streaming)));
  }
  store.begin_run(run, planned);
  store.add_record(
      record_in(run, 0, planned.front(), {{"streaming_predictions", predictions_of(streaming)}}));
  if (measures) {
    // As soon as anything is measured after it.
    bool has_resident = false;
    const auto store_resident = [&] {
      if (std::exchange(has_resident, true)) return;
      store.add_record(resident_record(streaming, run, planned[1]));
    };
    std::int64_t ordinal = 1;
    const auto store_point = [&](const StreamingPoint& point) {
      store_resident();
      ++ordinal;
      Record record = record_in(
          run, ordinal, planned[static_cast<std::size_t>(ordinal)],
          {{"streaming", json_of(point)}, {"primary_metrics", {"decode_tokens_per_second"}}});
      put_results(point, record);
      store.add_record(record);
      on_point(point);
    };
    try {
      measure_streaming(streaming, store_point, stop);
    } catch (...) {
      store.finish_run(run.id, "interrupted", unix_ns(), read_conditions());
      throw;
    }
    store_resident();
    store.add_record(record_in(run, static_cast<std::int64_t>(planned.size()) - 1, planned.back(),
                               {{"streaming_score", score_of(streaming)}}));
  }
  store.finish_run(run.id, streaming.interrupted ? "interrupted" : "finished", unix_ns(),
                   read_conditions());
  return run.id;
}

std::string streaming_text(const Streaming& streaming) {
  const WallModel& model = streaming.model;
  std::string text = fmt::format(
      "{} ({}), {}, {}: {} of weights a token, {} of them always in memory\n"
      "in memory: predicted {:.2f} tokens/s (by the ceiling of memory, {}, no more than {:.2f})",
      model_name(streaming), model.outline.weight_type, model.engine,
      number_of(model.variant.threads, "thread"),
      format_value(static_cast<double>(streaming.weight_bytes), "bytes"),
      format_value(static_cast<double>(streaming.fixed_bytes), "bytes"), 1 / streaming.step_seconds,
      rate_text(model.load.value), 1 / streaming.roof_seconds);
  if (!streaming.resident_ns.empty()) {
    const double seconds = median(streaming.resident_ns) * 1e-9;
    text += fmt::format(", measured {:.2f} ({:+.1f} %)", 1 / seconds,
                        100 * (streaming.step_seconds / seconds - 1));
  } else if (!streaming.resident_absent.empty()) {
    text += fmt::format(", not measured: {}", streaming.resident_absent);
  }
  text += "\nthe disk: ";
  text += streaming.mapped_absent.empty()
              ? fmt::format("{} through mapped pages", rate_text(streaming.mapped_rate))
              : fmt::format("through mapped pages absent: {}", streaming.mapped_absent);
  if (streaming.limited_rate > 0) {
    text += fmt::format(", {} where each takes another's place", rate_text(streaming.limited_rate));
  }
  text += streaming.direct_absent.empty()
              ? fmt::format(", {} past the page cache with {}\n", rate_text(streaming.direct_rate),
                            number_of(streaming.readers, "reader"))
              : fmt::format("; past the page cache absent: {}\n", streaming.direct_absent);
  if (streaming.weight_bytes < kSmallStreamBytes) {
    text += fmt::format(
        "{} are little: waking readers and beginning reads are a part of such steps; take errors "
        "and knees as a hint, or a model of {} or more\n",
        format_value(static_cast<double>(streaming.weight_bytes), "bytes"),
        format_value(static_cast<double>(kSmallStreamBytes), "bytes"));
  }
  text += "\n";
  std::vector<std::vector<std::string>> rows{
      {"way", "share asked", "in memory", "predicted tok/s", "roof", "measured", "error of time",
       "at the disk then", "streamed", "read, counted", "bound by"}};
  std::string notes;
  for (const StreamingPoint& point : streaming.points) {
    rows.push_back(row_of(streaming, point));
    for (const std::string& why : {point.absent, point.wrong, point.doubt}) {
      if (why.empty()) continue;
      notes += fmt::format("{}, {:.0f} %: {}\n", name_of(point.way), 100 * point.asked_share, why);
    }
  }
  text += align(rows) + notes;
  for (const StreamingKnee& knee : streaming.knees()) text += knee_text(streaming, knee);
  if (streaming.scored() > 0) {
    text +=
        fmt::format("mean absolute error of the predicted times: {:.1f} % over {}\n",
                    100 * streaming.mean_absolute_error(), number_of(streaming.scored(), "point"));
  }
  if (streaming.not_scored() > 0) {
    text += fmt::format("not scored: {} mistrusted or wrong, as said above\n",
                        number_of(streaming.not_scored(), "point"));
  }
  return text;
}

}  // namespace ridgepoint
