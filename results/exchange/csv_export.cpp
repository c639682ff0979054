#include "results/exchange/csv_export.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <variant>
#include <vector>

#include "results/exchange/json_text.h"
#include "results/metric.h"

namespace ridgepoint {
namespace {

std::string csv_field(std::string_view field) {
  if (field.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(field);
  std::string text = "\"";
  for (const char c : field) {
    if (c == '"') text += '"';
    text += c;
  }
  return text + '"';
}

std::string line_of(const std::vector<std::string>& fields) {
  std::string line;
  for (const std::string& field : fields) {
    if (&field != fields.data()) line += ',';
    line += csv_field(field);
  }
  return line + "\r\n";
}

std::string text_of(const FieldValue& value) {
  return std::visit([](const auto& content) { return fmt::format("{}", content); }, value);
}

/// Declared ones in their order, whether or not the run has them, so that files of several runs
/// share their columns; then whatever else the run holds.
std::vector<std::string> metric_names(const RunWithRecords& data) {
  std::vector<std::string> names;
  for (const MetricSpec& spec : metrics()) names.emplace_back(spec.name);
  std::set<std::string> others;
  for (const Record& record : data.records) {
    for (const auto& [name, value] : record.measurement.metrics) {
      if (find_metric(name) == nullptr) others.insert(name);
    }
  }
  names.insert(names.end(), others.begin(), others.end());
  return names;
}

/// How measuring stopped, from the details; empty where they do not say.
std::vector<std::string> stopping_of(const Record& record) {
  const auto details = parse_or_discard(record.details);
  std::vector<std::string> row;
  for (const char* key : {"processes", "ended_by", "asked_percent"}) {
    const nlohmann::json::json_pointer path(std::string("/stopping/") + key);
    const bool said = details.is_object() && details.contains(path);
    const auto value = said ? details.at(path) : nlohmann::json();
    row.push_back(value.is_string() ? value.get<std::string>()
                                    : (value.is_number() ? value.dump() : std::string()));
  }
  return row;
}

}  // namespace

std::string run_to_csv(const RunWithRecords& data) {
  const std::vector<std::string> metric_columns = metric_names(data);
  std::vector<std::string> heading = {"run_id",    "run_label", "record_id",       "ordinal",
                                      "outcome",   "reason",    "started_unix_ns", "duration_ns",
                                      "processes", "ended_by",  "asked_percent"};
  for (const CaseField& field : case_fields()) heading.emplace_back(field.name);
  heading.insert(heading.end(), metric_columns.begin(), metric_columns.end());
  std::string text = line_of(heading);
  for (const Record& record : data.records) {
    std::vector<std::string> row = {data.run.id,
                                    data.run.label,
                                    record.id,
                                    std::to_string(record.ordinal),
                                    std::string(name_of(record.outcome)),
                                    record.reason,
                                    std::to_string(record.started_unix_ns),
                                    std::to_string(record.duration_ns)};
    for (auto& field : stopping_of(record)) row.push_back(std::move(field));
    for (const CaseField& field : case_fields()) {
      row.push_back(applies(field, record.subject) ? text_of(get(record.subject, field)) : "");
    }
    for (const std::string& name : metric_columns) {
      const auto found = record.measurement.metrics.find(name);
      row.push_back(found == record.measurement.metrics.end() ? ""
                                                              : fmt::format("{}", found->second));
    }
    text += line_of(row);
  }
  return text;
}

}  // namespace ridgepoint
