#include "results/report/case_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <utility>
#include <variant>

#include "results/metric.h"
#include "results/report/git_text.h"
#include "results/report/table.h"
#include "results/report/text_layout.h"
#include "results/report/time_text.h"
#include "results/statistics/quantile.h"
#include "workloads/number_of.h"

namespace ridgepoint {
namespace {

using Json = nlohmann::json;
using Rows = std::vector<const Record*>;

constexpr std::size_t kLongestCell = 36;
// Beyond this, figures stand below each other instead of beside each other.
constexpr std::size_t kWidestAcross = 240;

Json parsed(const std::string& text) {
  return Json::parse(text, nullptr, false);
}

/// A value deep inside a JSON text, or null; texts of other tools and versions lack some.
Json at(const Json& object, std::string_view pointer) {
  const Json::json_pointer path{std::string(pointer)};
  return object.is_object() && object.contains(path) ? object.at(path) : Json();
}

std::string one_line(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  return text;
}

/// Long paths keep their end, where they differ.
std::string shortened(std::string text) {
  text = one_line(std::move(text));
  if (text.size() <= kLongestCell) return text;
  std::size_t from = text.size() - (kLongestCell - 1);
  while (from < text.size() && (static_cast<unsigned char>(text[from]) & 0xC0U) == 0x80U) ++from;
  return "…" + text.substr(from);  // not two dots, which would name a folder above
}

std::string field_text(const Case& subject, const CaseField& field) {
  if (!applies(field, subject)) return "";
  return std::visit(
      [](const auto& value) {
        if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string>) {
          return shortened(value);
        } else {
          return fmt::format("{}", value);
        }
      },
      get(subject, field));
}

std::string title_of(const std::string& workload) {
  if (workload == "llm") return "Models";
  if (workload == "op") return "Operators";
  if (workload == "quality") return "Quality";
  if (workload == "ceiling") return "Ceilings of the machine";
  if (workload == "imported") return "Imported benchmarks";
  return workload;
}

bool is_synthetic(const Record& record) {
  return at(parsed(record.details), "/model/synthetic") == Json(true);
}

/// The claim that a percentile metric would make, for cells that refuse it.
std::optional<QuantileClaim> refused_claim(const Record& record, const MetricSpec& spec) {
  double p = 0;
  if (spec.name == "inter_token_p90_ns") p = 0.90;
  if (spec.name == "inter_token_p99_ns") p = 0.99;
  const Series* gaps = token_gaps(record.measurement);
  if (p == 0 || gaps == nullptr) return std::nullopt;
  const QuantileClaim claim = claim_quantile(gaps->samples, p);
  return claim.value ? std::nullopt : std::optional(claim);
}

std::string metric_cell(const Record& record, const MetricSpec& spec) {
  const auto found = record.measurement.metrics.find(std::string(spec.name));
  if (found != record.measurement.metrics.end()) {
    if (const MetricSpec* error = standard_error_of(spec.name)) {
      const auto known = record.measurement.metrics.find(std::string(error->name));
      return known == record.measurement.metrics.end()
                 ? format_value(found->second, "1")
                 : format_with_error(found->second, known->second);
    }
    std::string text = format_value(found->second, spec.unit);
    // The heading says tok/s already.
    if (spec.unit == "tokens/s" || spec.unit == "nats") text = text.substr(0, text.find(' '));
    return text;
  }
  const auto refused = refused_claim(record, spec);
  return refused ? fmt::format("{} of {}", refused->count, refused->needed) : "";
}

/// Of metrics that nobody declared, such as the counters of imported benchmarks.
std::string open_metric_cell(const Record& record, const std::string& name) {
  const auto found = record.measurement.metrics.find(name);
  return found == record.measurement.metrics.end() ? "" : format_value(found->second, "1");
}

using Column = std::vector<std::string>;

bool is_empty(const Column& column) {
  return std::all_of(column.begin() + 1, column.end(),
                     [](const std::string& cell) { return cell.empty(); });
}

bool is_constant(const Column& column) {
  return std::all_of(column.begin() + 1, column.end(),
                     [&](const std::string& cell) { return cell == column[1]; });
}

std::vector<std::vector<std::string>> transposed(const std::vector<Column>& columns) {
  std::vector<std::vector<std::string>> rows(columns.front().size());
  for (const Column& column : columns) {
    for (std::size_t i = 0; i < column.size(); ++i) rows[i].push_back(column[i]);
  }
  return rows;
}

Column ordinals(const Rows& records) {
  Column column = {"#"};
  for (const Record* record : records) {
    column.push_back(fmt::format("{}{}", record->ordinal, is_synthetic(*record) ? "*" : ""));
  }
  return column;
}

void add_metric_columns(const Rows& records, Shown shown, std::vector<Column>& columns) {
  for (const MetricSpec& spec : metrics()) {
    if (spec.shown != shown) continue;
    Column column = {std::string(spec.short_name)};
    for (const Record* record : records) column.push_back(metric_cell(*record, spec));
    if (!is_empty(column)) columns.push_back(std::move(column));
  }
}

void add_open_metric_columns(const Rows& records, std::vector<Column>& columns) {
  std::set<std::string> names;
  for (const Record* record : records) {
    for (const auto& [name, value] : record->measurement.metrics) {
      if (find_metric(name) == nullptr) names.insert(name);
    }
  }
  for (const std::string& name : names) {
    Column column = {one_line(name.substr(name.find(':') + 1))};
    for (const Record* record : records) column.push_back(open_metric_cell(*record, name));
    columns.push_back(std::move(column));
  }
}

/// How measuring stopped where not as asked for, and what was noisy; cases with the same story
/// share a line.
void add_stopping_notes(const Rows& records, std::vector<std::string>& notes) {
  std::map<std::string, std::string> together;  // story -> cases
  for (const Record* record : records) {
    const Json details = parsed(record->details);
    const std::string name = fmt::format(" #{}", record->ordinal);
    const Json ended_by = at(details, "/stopping/ended_by");
    const Json asked = at(details, "/stopping/asked_percent");
    const Json reached = at(details, "/stopping/reached_percent");
    if (ended_by == "alone") {
      together["No ±, because one process took the whole budget:"] += name;
    } else if (asked.is_number() && reached.is_number() &&
               reached.get<double>() > asked.get<double>()) {
      const Json processes = at(details, "/stopping/processes");
      together[fmt::format("± is wider than the {:g} % asked for, because {}:", asked.get<double>(),
                           ended_by == "budget" ? std::string("the budget was spent")
                           : processes == 1
                               ? "there was 1 process"
                               : fmt::format("there were {} processes", processes.dump()))] += name;
    }
    const Json processes = at(details, "/processes");
    if (processes.is_array() && std::ranges::any_of(processes, [](const Json& process) {
          return at(process, "/warm_up/ended_by") == Json("budget");
        })) {
      together["Warm-up ended by its budget, before its criterion held, in some process:"] += name;
    }
    if (const Json beyond = at(details, "/model/beyond_context"); beyond.is_string()) {
      together[one_line(beyond.get<std::string>()) + ":"] += name;
    }
    const Json checked = at(details, "/check/choices_checked");
    const Json chosen = at(details, "/check/choices_of_each_sequence");
    if (checked.is_number() && chosen.is_number() && checked < chosen) {
      together[fmt::format(
          "{} of {} generated tokens were held against the reference, which has no "
          "time for more:",
          checked.dump(), chosen.dump())] += name;
    }
    const Json contaminated = at(details, "/contamination/contaminated");
    const Json batches = at(details, "/contamination/batches");
    const Json most = at(details, "/contamination/most_contaminated");
    if (contaminated.is_number() && batches.is_number() && most.is_number() &&
        contaminated.get<double>() > most.get<double>() * batches.get<double>()) {
      std::string causes;
      const Json by = at(details, "/contamination/by");
      if (by.is_object()) {
        for (const auto& [cause, count] : by.items()) {
          causes +=
              fmt::format("{}{} {}", causes.empty() ? "" : ", ", one_line(cause), count.dump());
        }
      }
      notes.push_back(fmt::format("#{} noisy: {} of {} {} contaminated ({})", record->ordinal,
                                  contaminated.dump(), batches.dump(),
                                  noun_for(batches == 1 ? 1 : 2, "batch"), causes));
    }
    if (!at(details, "/remeasured/replaces").is_null()) {
      together["Measured twice, because noisy, and both count:"] += name;
    }
  }
  for (const auto& [story, cases] : together) notes.push_back(story + cases);
}

void add_notes(const Rows& records, std::vector<std::string>& notes) {
  std::map<std::string, std::string> refused;  // percentile name -> explanation
  bool synthetic = false;
  for (const Record* record : records) {
    if (record->outcome != Outcome::ok) {
      notes.push_back(fmt::format("#{} {}: {}", record->ordinal, name_of(record->outcome),
                                  one_line(record->reason)));
    }
    synthetic = synthetic || is_synthetic(*record);
    for (const MetricSpec& spec : metrics()) {
      if (spec.shown == Shown::nowhere) continue;
      if (const auto claim = refused_claim(*record, spec)) {
        refused[std::string(spec.short_name)] = fmt::format(
            "{}: refused where the cell counts; \"{} of {}\" means {} measured of the {} that "
            "support the claim",
            spec.short_name, claim->count, claim->needed, number_of(claim->count, "gap"),
            claim->needed);
      }
    }
    const auto share = record->measurement.metrics.find("harness_floor_share");
    if (share != record->measurement.metrics.end() && share->second > 0.01) {
      notes.push_back(fmt::format("#{}: the harness itself is {} % of a sample", record->ordinal,
                                  format_value(share->second * 100, "1")));
    }
  }
  add_stopping_notes(records, notes);
  for (const auto& [name, text] : refused) notes.push_back(text);
  if (synthetic) notes.emplace_back("* synthetic weights: speed is real, what it writes is not");
}

Column outcomes(const Rows& records) {
  Column column = {"outcome"};
  for (const Record* record : records) column.emplace_back(name_of(record->outcome));
  return column;
}

/// Without the workload's name, which stands in the title.
Column labels(const Rows& records) {
  Column column = {"case"};
  for (const Record* record : records) {
    std::string text = one_line(label(record->subject));
    const std::string prefix = record->subject.workload + ' ';
    if (text.starts_with(prefix)) text.erase(0, prefix.size());
    column.push_back(std::move(text));
  }
  return column;
}

/// Whether labels tell the cases apart that differ in this field: giving one case another's value
/// changes its label.
bool label_says(const Rows& records, const CaseField& field) {
  const Case& first = records.front()->subject;
  return std::ranges::all_of(records, [&](const Record* record) {
    if (get(record->subject, field) == get(first, field)) return true;
    if (!applies(field, record->subject) || !applies(field, first)) {
      return label(record->subject) != label(first);
    }
    Case changed = record->subject;
    std::visit([&](auto member) { changed.*member = first.*member; }, field.member);
    return label(changed) != label(record->subject);
  });
}

std::size_t width_of(const std::vector<Column>& columns) {
  std::size_t total = 0;
  for (const Column& column : columns) {
    std::size_t widest = 0;
    for (const std::string& cell : column) widest = std::max(widest, text_width(cell));
    total += widest + 2;
  }
  return total;
}

struct FieldColumns {
  std::string common;  ///< fields in which the cases are alike
  std::vector<Column> differing;
  std::vector<Column> unlabelled;  ///< those of the differing that labels do not say
};

FieldColumns field_columns(const Rows& records) {
  FieldColumns result;
  for (const CaseField& field : case_fields()) {
    if (field.name == "workload") continue;
    Column column = {std::string(field.name)};
    for (const Record* record : records) column.push_back(field_text(record->subject, field));
    if (is_empty(column)) continue;
    if (is_constant(column)) {
      result.common +=
          fmt::format("{}{} {}", result.common.empty() ? "" : ", ", column[0], column[1]);
      continue;
    }
    if (!label_says(records, field)) result.unlabelled.push_back(column);
    result.differing.push_back(std::move(column));
  }
  return result;
}

std::vector<Column> beside(std::vector<Column> left, const std::vector<Column>& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

CaseTable table_of(const std::string& workload, const Rows& records) {
  CaseTable table;
  table.title = title_of(workload);
  const FieldColumns fields = field_columns(records);
  table.common = fields.common;
  std::vector<Column> figures;
  add_metric_columns(records, Shown::speed, figures);
  Column outcome = outcomes(records);
  const bool all_ok = is_constant(outcome) && outcome[1] == name_of(Outcome::ok);
  if (!all_ok) figures.push_back(std::move(outcome));
  const std::vector<Column> numbers = {ordinals(records)};
  const auto fit = [&](const std::vector<Column>& names) {
    return width_of(numbers) + width_of(names) + width_of(figures) <= kReportWidth + 2;
  };
  // What names a row: the fields that differ; where they are too many, its label and the fields
  // that the label leaves out; where even that is too wide, the fields get a table of their own.
  std::vector<Column> names = fields.differing;
  if (!fit(names)) names = beside({labels(records)}, fields.unlabelled);
  if (!fit(names)) {
    table.fields = transposed(beside(numbers, fields.differing));
    names = {labels(records)};
    if (!fit(names)) names.clear();
  }
  table.speed = transposed(beside(beside(numbers, names), figures));

  Rows with_cost;
  std::ranges::copy_if(records, std::back_inserter(with_cost), [](const Record* record) {
    return std::ranges::any_of(record->measurement.metrics, [](const auto& entry) {
      const MetricSpec* spec = find_metric(entry.first);
      return spec == nullptr || spec->shown == Shown::cost;
    });
  });
  if (!with_cost.empty()) {
    std::vector<Column> cost = {ordinals(with_cost)};
    add_metric_columns(with_cost, Shown::cost, cost);
    add_open_metric_columns(with_cost, cost);
    // Other programs report dozens of figures a case: then a row a figure.
    table.cost = width_of(cost) > kWidestAcross ? cost : transposed(cost);
  }
  add_notes(records, table.notes);
  return table;
}

/// What a person weighs against each other, in the order of the columns: speed and memory of a
/// model case, then the quality of its variant.
constexpr std::string_view kSpeedBesideQuality[] = {"prefill_tokens_per_second",
                                                    "decode_tokens_per_second",
                                                    "memory_weights_bytes", "peak_rss_bytes"};
constexpr std::string_view kQualityBesideSpeed[] = {"bits_per_byte", "kl_mean"};

bool has_any(const Record& record, std::span<const std::string_view> names) {
  return std::ranges::any_of(names, [&](std::string_view name) {
    return record.measurement.metrics.contains(std::string(name));
  });
}

/// A row for each model case and each quality case of its variant, with as many threads where there
/// is one; the newest of other runs where this one has none; empty where there is no pair.
std::vector<std::vector<std::string>> speed_beside_quality(const Rows& speeds,
                                                           const Rows& qualities,
                                                           std::span<const Record> of_others) {
  std::vector<std::pair<const Record*, const Record*>> pairs;
  for (const Record* speed : speeds) {
    if (!has_any(*speed, kSpeedBesideQuality)) continue;
    const auto fits = [&](const Record& quality) {
      return same_variant(speed->subject, quality.subject) && has_any(quality, kQualityBesideSpeed);
    };
    Rows fitting;
    std::ranges::copy_if(qualities, std::back_inserter(fitting),
                         [&](const Record* quality) { return fits(*quality); });
    const auto of_other_threads = [&](const Record* quality) {
      return quality->subject.threads != speed->subject.threads;
    };
    if (!std::ranges::all_of(fitting, of_other_threads)) std::erase_if(fitting, of_other_threads);
    for (const Record* quality : fitting) pairs.emplace_back(speed, quality);
    if (!fitting.empty()) continue;
    const auto newest = std::ranges::find_if(of_others, fits);
    if (newest != of_others.end()) pairs.emplace_back(speed, &*newest);
  }
  if (pairs.empty()) return {};
  std::vector<Column> columns = {{"#"}, {"backend"}, {"quality"}};
  for (const auto& [speed, quality] : pairs) {
    columns[0].push_back(fmt::format("{}", speed->ordinal));
    columns[1].push_back(shortened(speed->subject.backend));
    columns[2].push_back(
        quality->run_id == speed->run_id
            ? fmt::format("#{}", quality->ordinal)
            : fmt::format("#{} of {}", quality->ordinal, quality->run_id.substr(0, 8)));
  }
  const auto add = [&](std::string_view name, bool of_speed) {
    const MetricSpec& spec = *find_metric(name);
    Column column = {std::string(spec.short_name)};
    for (const auto& [speed, quality] : pairs) {
      column.push_back(metric_cell(of_speed ? *speed : *quality, spec));
    }
    if (!is_empty(column)) columns.push_back(std::move(column));
  };
  for (const std::string_view name : kSpeedBesideQuality) add(name, true);
  for (const std::string_view name : kQualityBesideSpeed) add(name, false);
  return transposed(columns);
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) {
    if (!part.empty()) text += (text.empty() ? "" : ", ") + part;
  }
  return text;
}

std::string unmeasured(const RunWithRecords& data) {
  std::set<std::int64_t> recorded;
  for (const Record& record : data.records) recorded.insert(record.ordinal);
  std::vector<std::string> missing;
  for (const PlannedCase& planned : data.planned) {
    if (!recorded.contains(planned.ordinal)) missing.push_back(fmt::format("#{}", planned.ordinal));
  }
  if (missing.empty()) return "";
  constexpr std::size_t kNamed = 8;
  const std::size_t count = missing.size();
  if (count > kNamed) {
    missing.resize(kNamed);
    missing.emplace_back("...");
  }
  return fmt::format("{} not measured ({}): ridgepoint resume {}", count, joined(missing),
                     data.run.id.substr(0, 8));
}

}  // namespace

std::string machine_text(const std::string& environment) {
  const Json json = parsed(environment);
  const Json model = at(json, "/cpu/model");
  const Json cores = at(json, "/cpu/cores");
  std::vector<std::string> parts;
  if (model.is_string()) parts.push_back(one_line(model.get<std::string>()));
  if (cores.is_number_integer()) {
    const auto count = cores.get<std::int64_t>();
    parts.push_back(number_of(count, "core"));
  }
  return joined(parts);
}

std::vector<std::string> run_head(const RunWithRecords& data) {
  const Run& run = data.run;
  std::string ended;
  if (run.status == "running") {
    ended = "still running or killed";
  } else if (run.finished_unix_ns > run.started_unix_ns) {
    ended = fmt::format(
        "{} after {}", run.status,
        format_value(static_cast<double>(run.finished_unix_ns - run.started_unix_ns), "ns"));
  } else {
    ended = run.status;
  }
  const auto ok = std::ranges::count(data.records, Outcome::ok, &Record::outcome);
  const std::size_t planned = std::max(data.planned.size(), data.records.size());
  const std::string machine = machine_text(run.environment);
  std::vector<std::string> head = {
      joined({fmt::format("Run {}{}", run.id.substr(0, 8),
                          run.label.empty() ? "" : fmt::format(" \"{}\"", one_line(run.label))),
              run.suite.empty() ? "" : "suite " + one_line(run.suite),
              time_text(run.started_unix_ns), ended}),
      joined(
          {machine.empty() ? "Machine not known" : machine,
           run.environment_hash.empty() ? "" : "environment " + run.environment_hash.substr(0, 8)}),
      joined({"Ridgepoint " + one_line(run.tool_version), git_text(run),
              run.harness_floor_ns > 0
                  ? fmt::format("harness floor {} a sample",
                                format_value(static_cast<double>(run.harness_floor_ns), "ns"))
                  : ""}),
      joined({fmt::format("{} of {} ok", ok, number_of(planned, "case")), unmeasured(data)}),
  };
  const std::vector<std::string> tags = run.marks.tag_names();
  if (!tags.empty()) head.push_back(fmt::format("Tags: {}", fmt::join(tags, ", ")));
  if (!run.marks.note.empty()) head.push_back("Note: " + one_line(run.marks.note));
  return head;
}

std::vector<CaseTable> case_tables(const RunWithRecords& data, std::span<const Record> qualities) {
  std::vector<std::string> order;
  std::map<std::string, Rows> by_workload;
  for (const Record& record : data.records) {
    Rows& rows = by_workload[record.subject.workload];
    if (rows.empty()) order.push_back(record.subject.workload);
    rows.push_back(&record);
  }
  std::vector<CaseTable> tables;
  tables.reserve(order.size());
  for (const std::string& workload : order) {
    tables.push_back(table_of(workload, by_workload.at(workload)));
    if (workload == "llm") {
      tables.back().beside =
          speed_beside_quality(by_workload.at(workload), by_workload["quality"], qualities);
    }
  }
  return tables;
}

}  // namespace ridgepoint
