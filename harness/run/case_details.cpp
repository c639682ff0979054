#include "harness/run/case_details.h"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "harness/run/case_phases.h"
#include "profiler/memory/process_memory.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

using Json = nlohmann::json;

void send(const CaseContext& context, std::string_view key, const Json& json) {
  context.sink.detail(key, json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

void send_work(const CaseContext& context, const std::string& prefix, const Work& work) {
  const auto metric = [&](std::string_view name, std::int64_t value) {
    context.sink.metric(prefix + std::string(name), static_cast<double>(value));
  };
  metric("work_flops", work.flops);
  metric("work_bytes", work.bytes());
  metric("work_weight_bytes", work.weight_bytes);
  metric("work_kv_bytes", work.kv_bytes);
  metric("work_activation_bytes", work.activation_bytes);
}

}  // namespace

void send_backend(const CaseContext& context, const Backend& backend) {
  const auto description = backend.describe();
  send(context, "backend",
       {{"name", description.name},
        {"version", description.version},
        {"summary", description.summary}});
}

void send_model(const CaseContext& context, const Model& model) {
  Json json{{"name", model.config.name},
            {"architecture", name_of(model.config.architecture)},
            {"source", model.source},
            {"synthetic", model.synthetic},
            {"weight_type", model.weight_type},
            {"weight_bytes", model.weight_bytes()},
            {"parameters", parameter_count(model.config)},
            {"fingerprint", fingerprint(model)}};
  const Case& subject = context.subject;
  const std::int64_t reach = subject.depth + subject.prompt + subject.generate;
  if (model.config.context > 0 && subject.workload == "llm" && reach > model.config.context) {
    json["beyond_context"] = fmt::format(
        "goes to position {}, the model was made for {}: times are real, answers are not", reach,
        model.config.context);
  }
  if (model.synthetic) json["seed"] = model.seed;
  send(context, "model", json);
}

void send_transform(const CaseContext& context, std::string_view transform,
                    const TransformReport& report, std::int64_t duration_ns) {
  Json json{{"to", transform},
            {"duration_ns", duration_ns},
            {"matrices", report.changes.size()},
            {"bytes_before", report.bytes_before},
            {"bytes_after", report.bytes_after},
            {"relative_error", report.relative_error}};
  std::map<std::string_view, std::int64_t> bytes_of_type;
  for (const TensorChange& change : report.changes) {
    bytes_of_type[name_of(change.to)] += change.bytes_after;
  }
  for (const auto& [type, bytes] : bytes_of_type) json["bytes"][std::string(type)] = bytes;
  if (const TensorChange* worst = report.worst()) {
    json["worst"] = {{"tensor", worst->name},
                     {"type", name_of(worst->to)},
                     {"relative_error", worst->relative_error}};
  }
  send(context, "transform", json);
}

void send_stopping(const CaseContext& context, const MeasuringWindow& window,
                   std::string_view ended_by, std::string_view counted, std::int64_t count) {
  send(context, "stopping",
       {{"ended_by", ended_by},
        {std::string(counted), count},
        {"alone", window.alone},
        {"least_ns", window.least_ns},
        {"elapsed_ns", monotonic_ns() - context.started_ns}});
}

void send_memory(const CaseContext& context, const MemoryLedger& ledger) {
  const auto metric = [&](std::string_view name, std::int64_t value) {
    context.sink.metric(name, static_cast<double>(value));
  };
  metric("memory_weights_bytes", ledger.weights_bytes);
  metric("memory_kv_bytes", ledger.kv_bytes);
  metric("memory_activations_bytes", ledger.activations_bytes);
  if (ledger.activations_live_bytes > 0) {
    metric("memory_activations_live_bytes", ledger.activations_live_bytes);
  }
  metric("memory_scratch_bytes", ledger.scratch_bytes);
  const auto memory = read_process_memory();
  if (memory.peak_resident) metric("peak_rss_bytes", memory.peak_resident.value());
  if (memory.peak_anonymous) metric("peak_anonymous_bytes", memory.peak_anonymous.value());
  Json json = Json::object();
  const auto add = [&](const char* key, const Reading<std::int64_t>& reading) {
    json[key] = reading ? Json(reading.value()) : Json{{"absent", reading.why()}};
  };
  add("resident_bytes", memory.resident);
  add("anonymous_bytes", memory.anonymous);
  add("file_bytes", memory.file);
  add("peak_resident_bytes", memory.peak_resident);
  add("peak_anonymous_bytes", memory.peak_anonymous);
  json["peak_anonymous_is"] = "VmHWM - RssFile at the end of measuring: derived, not counted";
  send(context, "memory", json);
}

void send_op_work(const CaseContext& context, const Work& work) {
  send_work(context, "", work);
}

void send_model_work(const CaseContext& context, const Model& model) {
  try {
    for (const auto& [name, graph, past] : model_phases(context.subject, model)) {
      send_work(context, name + "_", graph.work(past));
    }
  } catch (const Error& error) {
    send(context, "work", {{"absent", error.what()}});
  }
}

}  // namespace ridgepoint
