#include "results/exchange/json_export.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "results/exchange/export.h"
#include "results/exchange/json_text.h"
#include "results/metric.h"
#include "results/op_time_json.h"
#include "results/report/time_text.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

using Json = nlohmann::json;

constexpr const char* kFormat = "ridgepoint-run";

// ---- out ----

/// Stored JSON texts go in as JSON; what is not JSON (or empty) as the text that it is.
Json embedded(const std::string& text) {
  if (text.empty()) return nullptr;
  Json json = parse_or_discard(text);
  return json.is_discarded() || json.is_string() ? Json(text) : json;
}

/// JSON has no such numbers.
Json number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  return value;
}

Json tags_of(const RunMarks& marks) {
  Json tags = Json::array();
  for (const RunTag& tag : marks.tags) {
    tags.push_back(
        {{"name", tag.name}, {"present", tag.present}, {"changed_unix_ns", tag.changed_unix_ns}});
  }
  return tags;
}

Json to_object(const Run& run) {
  return {
      {"id", run.id},
      {"label", run.label},
      {"suite", run.suite},
      {"command", run.command},
      {"tool_version", run.tool_version},
      {"git", {{"commit", run.git_commit}, {"branch", run.git_branch}, {"dirty", run.git_dirty}}},
      {"status", run.status},
      {"started_unix_ns", run.started_unix_ns},
      {"started", iso_time(run.started_unix_ns)},
      {"finished_unix_ns", run.finished_unix_ns},
      {"harness_floor_ns", run.harness_floor_ns},
      {"environment_hash", run.environment_hash},
      {"environment", embedded(run.environment)},
      {"conditions_before", embedded(run.conditions)},
      {"conditions_after", embedded(run.conditions_after)},
      {"options", embedded(run.options)},
      {"tags", tags_of(run.marks)},
      {"note", {{"text", run.marks.note}, {"changed_unix_ns", run.marks.note_changed_unix_ns}}},
  };
}

Json to_object(const Record& record) {
  Json metrics = Json::object();
  for (const auto& [name, value] : record.measurement.metrics) {
    metrics[name] = {{"value", number(value)}, {"unit", unit_of_metric(name)}};
  }
  Json series = Json::array();
  for (const Series& entry : record.measurement.series) {
    series.push_back({{"name", entry.name},
                      {"unit", entry.unit},
                      {"count", entry.samples.size()},
                      {"process_counts", entry.process_counts},
                      {"samples", entry.samples}});
  }
  Json op_times = Json::array();
  for (const OpTime& op : record.measurement.op_times) {
    op_times.push_back(json_of(op));
  }
  return {
      {"id", record.id},
      {"ordinal", record.ordinal},
      {"label", label(record.subject)},
      {"case", Json::parse(to_json(record.subject))},
      {"case_hash", case_hash(record.subject)},
      {"outcome", name_of(record.outcome)},
      {"reason", record.reason},
      {"started_unix_ns", record.started_unix_ns},
      {"started", iso_time(record.started_unix_ns)},
      {"duration_ns", record.duration_ns},
      {"details", embedded(record.details)},
      {"metrics", std::move(metrics)},
      {"series", std::move(series)},
      {"op_times", std::move(op_times)},
  };
}

// ---- in ----

/// A JSON object whose keys are asked for by kind; errors say where.
class Reader {
 public:
  Reader(const Json& object, std::string origin, std::string where)
      : object_(object), origin_(std::move(origin)), where_(std::move(where)) {
    if (!object_.is_object()) fail("is not an object");
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw Error(fmt::format("{}: {} {}; export it anew", origin_, where_, what));
  }

  [[nodiscard]] bool has(const char* key) const { return object_.contains(key); }

  [[nodiscard]] const Json& at(const char* key) const {
    const auto found = object_.find(key);
    if (found == object_.end()) fail(fmt::format("lacks \"{}\"", key));
    return *found;
  }

  [[nodiscard]] std::string text(const char* key) const {
    const Json& value = at(key);
    if (!value.is_string()) fail(fmt::format("has a \"{}\" that is not a text", key));
    return value.get<std::string>();
  }

  [[nodiscard]] std::int64_t integer(const char* key) const { return integer_of(at(key), key); }

  [[nodiscard]] std::int64_t integer_of(const Json& value, const char* key) const {
    const bool fits = value.is_number_integer() &&
                      (!value.is_number_unsigned() ||
                       value.get<std::uint64_t>() <=
                           static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
    if (!fits) fail(fmt::format("has a \"{}\" that is not a 64-bit integer", key));
    return value.get<std::int64_t>();
  }

  [[nodiscard]] bool boolean(const char* key) const {
    const Json& value = at(key);
    if (!value.is_boolean()) fail(fmt::format("has a \"{}\" that is neither true nor false", key));
    return value.get<bool>();
  }

  /// The reverse of embedded().
  [[nodiscard]] std::string embedded_text(const char* key) const {
    const Json& value = at(key);
    if (value.is_null()) return "";
    return value.is_string() ? value.get<std::string>() : value.dump();
  }

  [[nodiscard]] double real(const char* key) const {
    const Json& value = at(key);
    if (value.is_number()) return value.get<double>();
    if (value == "NaN") return std::numeric_limits<double>::quiet_NaN();
    if (value == "Infinity") return std::numeric_limits<double>::infinity();
    if (value == "-Infinity") return -std::numeric_limits<double>::infinity();
    fail(fmt::format("has a \"{}\" that is not a number", key));
  }

  [[nodiscard]] const Json& list(const char* key) const {
    const Json& value = at(key);
    if (!value.is_array()) fail(fmt::format("has a \"{}\" that is not a list", key));
    return value;
  }

  /// Lower case, because ids are compared as text.
  [[nodiscard]] std::string uuid(const char* key) const {
    const std::string id = text(key);
    bool good = id.size() == 36;
    for (std::size_t i = 0; good && i < id.size(); ++i) {
      const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
      const bool hex = (id[i] >= '0' && id[i] <= '9') || (id[i] >= 'a' && id[i] <= 'f');
      good = dash ? id[i] == '-' : hex;
    }
    if (!good) fail(fmt::format("has an \"{}\" that is not a lower-case UUID", key));
    return id;
  }

  [[nodiscard]] Reader child(const char* key) const {
    return {at(key), origin_, fmt::format("{}.{}", where_, key)};
  }
  [[nodiscard]] Reader child(const Json& object, std::string where) const {
    return {object, origin_, std::move(where)};
  }

 private:
  const Json& object_;
  std::string origin_;
  std::string where_;
};

Case read_case(const Reader& reader) {
  try {
    return case_from_json(reader.at("case").dump());
  } catch (const Error& error) {
    reader.fail(fmt::format("has a case that is none ({})", error.what()));
  }
}

/// Later than the rest within version 2.
RunMarks marks_in(const Reader& reader) {
  RunMarks marks;
  if (reader.has("tags")) {
    std::set<std::string> names;
    for (const Json& entry : reader.list("tags")) {
      const Reader tag = reader.child(entry, "a tag");
      marks.tags.push_back(
          {tag.text("name"), tag.boolean("present"), tag.integer("changed_unix_ns")});
      const std::string why = why_no_tag(marks.tags.back().name);
      if (!why.empty()) tag.fail(fmt::format("has a \"name\" that {}", why));
      if (!names.insert(marks.tags.back().name).second) reader.fail("has a tag twice");
    }
  }
  if (reader.has("note")) {
    const Reader note = reader.child("note");
    marks.note = note.text("text");
    marks.note_changed_unix_ns = note.integer("changed_unix_ns");
    const std::string why = why_no_note(marks.note);
    if (!why.empty()) note.fail(fmt::format("has a \"text\" that {}", why));
  }
  return marks;
}

Run read_run(const Reader& reader) {
  Run run;
  run.id = reader.uuid("id");
  run.label = reader.text("label");
  run.suite = reader.text("suite");
  run.command = reader.text("command");
  run.tool_version = reader.text("tool_version");
  const Reader git = reader.child("git");
  run.git_commit = git.text("commit");
  run.git_branch = git.text("branch");
  run.git_dirty = git.boolean("dirty");
  run.status = reader.text("status");
  if (run.status != "running" && run.status != "finished" && run.status != "interrupted") {
    reader.fail("has an unknown \"status\"");
  }
  run.started_unix_ns = reader.integer("started_unix_ns");
  run.finished_unix_ns = reader.integer("finished_unix_ns");
  run.harness_floor_ns = reader.integer("harness_floor_ns");
  run.environment_hash = reader.text("environment_hash");
  run.environment = reader.embedded_text("environment");
  run.conditions = reader.embedded_text("conditions_before");
  run.conditions_after = reader.embedded_text("conditions_after");
  run.options = reader.embedded_text("options");
  run.marks = marks_in(reader);
  return run;
}

Series read_series(const Reader& reader) {
  Series series{reader.text("name"), reader.text("unit"), {}};
  const Json& samples = reader.list("samples");
  if (reader.integer("count") != static_cast<std::int64_t>(samples.size())) {
    reader.fail("has a \"count\" that is not that of its samples");
  }
  series.samples.reserve(samples.size());
  for (const Json& sample : samples) series.samples.push_back(reader.integer_of(sample, "samples"));
  if (!reader.has("process_counts")) return series;  // version 1
  std::int64_t left = static_cast<std::int64_t>(samples.size());
  for (const Json& count : reader.list("process_counts")) {
    series.process_counts.push_back(reader.integer_of(count, "process_counts"));
    const std::int64_t here = series.process_counts.back();
    if (here < 0 || here > left) reader.fail("has \"process_counts\" that are not of its samples");
    left -= here;
  }
  if (left != 0 && !series.process_counts.empty()) {
    reader.fail("has \"process_counts\" that do not add up to its samples");
  }
  return series;
}

OpTime read_op_time(const Reader& reader) {
  OpTime op;
  op.phase = reader.text("phase");
  op.op_id = reader.text("op_id");
  op.op = reader.text("op");
  op.time_ns = reader.integer("time_ns");
  op.passes = reader.integer("passes");
  for (const auto& [key, target] :
       {std::pair("work_flops", &op.work_flops), std::pair("work_bytes", &op.work_bytes)}) {
    *target = reader.real(key);
    if (!std::isfinite(*target)) reader.fail(fmt::format("has a \"{}\" without end", key));
  }
  // Later than the others within version 2.
  for (const auto& [key, target] :
       {std::pair("weight_bytes", &op.weight_bytes), std::pair("kv_bytes", &op.kv_bytes),
        std::pair("activation_bytes", &op.activation_bytes)}) {
    if (!reader.has(key)) continue;
    *target = reader.real(key);
    if (!std::isfinite(*target)) reader.fail(fmt::format("has a \"{}\" without end", key));
  }
  if (reader.has("weight_type")) op.weight_type = reader.text("weight_type");
  if (reader.has("low_ns")) op.low_ns = reader.integer("low_ns");
  if (reader.has("high_ns")) op.high_ns = reader.integer("high_ns");
  return op;
}

Record read_record(const Reader& reader, const std::string& run_id) {
  Record record;
  record.id = reader.uuid("id");
  record.run_id = run_id;
  record.ordinal = reader.integer("ordinal");
  record.subject = read_case(reader);
  try {
    record.outcome = parse_outcome(reader.text("outcome"));
  } catch (const Error& error) {
    reader.fail(fmt::format("has an {}", error.what()));
  }
  record.reason = reader.text("reason");
  if (record.outcome != Outcome::ok && record.reason.empty()) {
    reader.fail("is not ok and has no reason");
  }
  record.started_unix_ns = reader.integer("started_unix_ns");
  record.duration_ns = reader.integer("duration_ns");
  record.details = reader.embedded_text("details");
  const Json& metrics = reader.at("metrics");
  if (!metrics.is_object()) reader.fail("has \"metrics\" that are not an object");
  for (const auto& [name, value] : metrics.items()) {
    record.measurement.metrics.emplace(name, reader.child(value, "a metric").real("value"));
  }
  std::set<std::string> names;
  for (const Json& entry : reader.list("series")) {
    Series series = read_series(reader.child(entry, "a series"));
    if (!names.insert(series.name).second) reader.fail("has two series of one name");
    record.measurement.series.push_back(std::move(series));
  }
  if (reader.has("op_times")) {  // since version 2
    for (const Json& entry : reader.list("op_times")) {
      record.measurement.op_times.push_back(read_op_time(reader.child(entry, "an op")));
    }
  }
  return record;
}

void refuse_contradictions(const RunWithRecords& data, const Reader& reader) {
  std::map<std::int64_t, std::string> planned;
  for (const PlannedCase& entry : data.planned) {
    if (!planned.emplace(entry.ordinal, case_hash(entry.subject)).second) {
      reader.fail("plans two cases at one ordinal");
    }
  }
  std::set<std::string> ids;
  std::set<std::int64_t> recorded;
  for (const Record& record : data.records) {
    if (!ids.insert(record.id).second || !recorded.insert(record.ordinal).second) {
      reader.fail("has two records of one id or ordinal");
    }
    const auto plan = planned.find(record.ordinal);
    if (plan == planned.end() || plan->second != case_hash(record.subject)) {
      reader.fail(fmt::format("has a record {} that its plan does not know", record.ordinal));
    }
  }
}

}  // namespace

std::string run_to_json(const RunWithRecords& data) {
  Json records = Json::array();
  for (const Record& record : data.records) records.push_back(to_object(record));
  Json planned = Json::array();
  const auto plan = [&](std::int64_t ordinal, const Case& subject) {
    planned.push_back({{"ordinal", ordinal}, {"case", Json::parse(to_json(subject))}});
  };
  if (data.planned.empty()) {
    for (const Record& record : data.records) plan(record.ordinal, record.subject);
  }
  for (const PlannedCase& entry : data.planned) plan(entry.ordinal, entry.subject);
  const Json document = {{"format", kFormat},
                         {"version", kExportVersion},
                         {"run", to_object(data.run)},
                         {"planned", std::move(planned)},
                         {"records", std::move(records)}};
  // A reason may hold what a crashed process wrote, in whatever encoding.
  return document.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

RunWithRecords run_from_json(std::string_view json, std::string_view origin) {
  const Json document = parse_untrusted_json(json, origin);
  const Reader reader(document, std::string(origin), "the document");
  if (!document.contains("format") || reader.at("format") != kFormat) {
    throw Error(fmt::format("{}: not a Ridgepoint export (no \"format\":\"{}\"); check the file",
                            origin, kFormat));
  }
  const std::int64_t version = reader.integer("version");
  if (version < 1 || version > kExportVersion) {
    throw Error(fmt::format("{}: an export of version {}; this Ridgepoint reads 1 to {}: {}",
                            origin, version, kExportVersion,
                            version > kExportVersion ? "update it" : "check the file"));
  }
  RunWithRecords data;
  data.run = read_run(reader.child("run"));
  for (const Json& entry : reader.list("planned")) {
    const Reader planned = reader.child(entry, "a planned case");
    data.planned.push_back({planned.integer("ordinal"), read_case(planned)});
  }
  for (const Json& entry : reader.list("records")) {
    data.records.push_back(read_record(reader.child(entry, "a record"), data.run.id));
  }
  std::ranges::sort(data.planned, {}, &PlannedCase::ordinal);
  std::ranges::sort(data.records, {}, &Record::ordinal);
  refuse_contradictions(data, reader);
  return data;
}

bool is_run_json(std::string_view json) {
  // Keys are sorted, so the name stands before any record.
  return json.find(fmt::format("\"{}\"", kFormat)) != std::string_view::npos;
}

}  // namespace ridgepoint
