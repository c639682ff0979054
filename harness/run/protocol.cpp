#include "harness/run/protocol.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "harness/run/base64.h"
#include "results/op_time_json.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

using Json = nlohmann::json;

std::string dump_line(const Json& json) {
  // Backends may put any bytes into a reason.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

Json parse_quietly(std::string_view line) {
  return Json::parse(line, nullptr, /*allow_exceptions=*/false);
}

Json samples_json(std::string_view series, std::span<const std::int64_t> values) {
  return {{"event", "samples"}, {"series", series}, {"values", values}};
}

Json op_times_json(const std::vector<OpTime>& ops) {
  Json list = Json::array();
  for (const OpTime& op : ops) {
    list.push_back(json_of(op));
  }
  return {{"event", "op_times"}, {"ops", std::move(list)}};
}

struct ToJson {
  Json operator()(const SamplesEvent& event) const {
    return samples_json(event.series, event.values);
  }
  Json operator()(const MetricEvent& event) const {
    return {{"event", "metric"}, {"name", event.name}, {"value", event.value}};
  }
  Json operator()(const DetailEvent& event) const {
    return {{"event", "detail"}, {"key", event.key}, {"json", event.json}};
  }
  Json operator()(const OpTimesEvent& event) const { return op_times_json(event.ops); }
  Json operator()(const TraceEvent& event) const {
    return {{"event", "trace"}, {"base64", to_base64(event.bytes)}};
  }
  Json operator()(const ProgressEvent& event) const {
    return {{"event", "progress"}, {"fraction", event.fraction}, {"phase", event.phase}};
  }
  Json operator()(const FindAnswerEvent& event) const {
    return {{"event", "find"}, {"key", event.key}};
  }
  Json operator()(const PutAnswerEvent& event) const {
    return {{"event", "put"}, {"key", event.key}, {"value", event.value}};
  }
  Json operator()(const DoneEvent& event) const {
    return {{"event", "done"}, {"outcome", name_of(event.outcome)}, {"reason", event.reason}};
  }
};

/// get<int64_t> would quietly round a fraction and wrap what is too large.
std::int64_t integer_of(const Json& value) {
  if (!value.is_number_integer() ||
      (value.is_number_unsigned() &&
       value.get<std::uint64_t>() >
           static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))) {
    throw Error("a number is no 64-bit integer");
  }
  return value.get<std::int64_t>();
}

OpTime op_time_of(const Json& json) {
  OpTime op;
  json.at("phase").get_to(op.phase);
  json.at("op_id").get_to(op.op_id);
  json.at("op").get_to(op.op);
  op.time_ns = integer_of(json.at("time_ns"));
  op.passes = integer_of(json.at("passes"));
  json.at("work_flops").get_to(op.work_flops);
  json.at("work_bytes").get_to(op.work_bytes);
  op.weight_bytes = json.value("weight_bytes", 0.0);
  op.kv_bytes = json.value("kv_bytes", 0.0);
  op.activation_bytes = json.value("activation_bytes", 0.0);
  op.weight_type = json.value("weight_type", std::string());
  if (json.contains("low_ns")) op.low_ns = integer_of(json.at("low_ns"));
  if (json.contains("high_ns")) op.high_ns = integer_of(json.at("high_ns"));
  const auto is_amount = [](double amount) { return std::isfinite(amount) && amount >= 0; };
  if (op.time_ns < 0 || op.passes < 1 || !is_amount(op.work_flops) || !is_amount(op.work_bytes) ||
      !is_amount(op.weight_bytes) || !is_amount(op.kv_bytes) || !is_amount(op.activation_bytes) ||
      op.low_ns < 0 || op.high_ns < op.low_ns) {
    throw Error("an op has a time, passes or work that cannot be");
  }
  return op;
}

Event to_event(const Json& json) {
  const auto kind = json.at("event").get<std::string>();
  const auto text = [&](const char* key) { return json.at(key).get<std::string>(); };
  if (kind == "samples") {
    SamplesEvent event{text("series"), {}};
    for (const auto& value : json.at("values")) event.values.push_back(integer_of(value));
    return event;
  }
  if (kind == "metric") {
    const auto value = json.at("value").get<double>();
    if (!std::isfinite(value)) throw Error("a metric is not finite");
    return MetricEvent{text("name"), value};
  }
  if (kind == "detail") {
    DetailEvent event{text("key"), text("json")};
    if (!Json::accept(event.json)) throw Error("a detail is not JSON");
    return event;
  }
  if (kind == "op_times") {
    OpTimesEvent event;
    if (!json.at("ops").is_array()) throw Error("ops are no list");
    for (const auto& op : json.at("ops")) event.ops.push_back(op_time_of(op));
    return event;
  }
  if (kind == "trace") {
    auto bytes = from_base64(text("base64"));
    if (!bytes) throw Error("a trace is not base64");
    return TraceEvent{std::move(*bytes)};
  }
  if (kind == "progress") return ProgressEvent{json.at("fraction").get<double>(), text("phase")};
  if (kind == "find") return FindAnswerEvent{text("key")};
  if (kind == "put") return PutAnswerEvent{text("key"), text("value")};
  if (kind == "done") return DoneEvent{parse_outcome(text("outcome")), text("reason")};
  throw Error("an event of no known kind");
}

}  // namespace

std::string to_line(const Instructions& instructions) {
  return dump_line({{"case", to_json(instructions.subject)},
                    {"options", to_json(instructions.options)},
                    {"process", instructions.plan.index},
                    {"processes", instructions.plan.processes},
                    {"share_ns", instructions.plan.share_ns},
                    {"memory_limit_bytes", instructions.memory_limit_bytes},
                    {"parent", instructions.parent}});
}

Instructions parse_instructions(std::string_view line) {
  try {
    const auto json = Json::parse(line);
    return {case_from_json(json.at("case").get<std::string>()),
            run_options_from_json(json.at("options").get<std::string>()),
            {json.at("process").get<std::int64_t>(), json.at("processes").get<std::int64_t>(),
             json.at("share_ns").get<std::int64_t>()},
            json.at("memory_limit_bytes").get<std::int64_t>(),
            json.at("parent").get<std::int64_t>()};
  } catch (const Json::exception&) {
    throw Error(
        "measure: no instructions on its input; `ridgepoint run` starts it, it is not for people");
  }
}

std::string to_line(const Event& event) {
  return dump_line(std::visit(ToJson{}, event));
}

std::string samples_line(std::string_view series, std::span<const std::int64_t> values) {
  return dump_line(samples_json(series, values));
}

std::optional<Event> parse_event(std::string_view line) {
  const auto json = parse_quietly(line);
  if (!json.is_object()) return std::nullopt;
  try {
    return to_event(json);
  } catch (const Json::exception&) {
    return std::nullopt;
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::string answer_line(std::string_view value) {
  return dump_line({{"value", value}});
}

std::string parse_answer(std::string_view line) {
  const auto json = parse_quietly(line);
  const auto value = json.is_object() ? json.find("value") : json.end();
  if (!json.is_object() || value == json.end() || !value->is_string()) {
    throw Error("measure: the parent's answer is not one; it is of another version");
  }
  return value->get<std::string>();
}

}  // namespace ridgepoint
