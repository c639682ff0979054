#include "results/report/comparison_json.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "results/report/attribution_text.h"
#include "results/report/comparison_text.h"
#include "results/report/time_text.h"

namespace ridgepoint {
namespace {

using OrderedJson = nlohmann::ordered_json;  // the verdict first, for people who look

/// JSON has no numbers for these.
OrderedJson number(double value) {
  return std::isfinite(value) ? OrderedJson(value) : OrderedJson(nullptr);
}

OrderedJson interval_json(const Interval& interval) {
  return OrderedJson::array({number(interval.low), number(interval.high)});
}

OrderedJson side_json(const ComparisonSide& side) {
  OrderedJson runs = OrderedJson::array();
  for (const ComparedRun& run : side.runs) {
    runs.push_back(
        {{"id", run.id},
         {"label", run.label},
         {"suite", run.suite},
         {"git",
          {{"commit", run.git_commit}, {"branch", run.git_branch}, {"dirty", run.git_dirty}}},
         {"tool_version", run.tool_version},
         {"machine", run.machine},
         {"status", run.status},
         {"started_unix_ns", run.started_unix_ns},
         {"started", iso_time(run.started_unix_ns)}});
  }
  return {{"asked", side.asked}, {"runs", std::move(runs)}, {"unmatched", side.unmatched}};
}

OrderedJson outcome_json(const ComparedOutcome& outcome) {
  return {{"outcome", name_of(outcome.outcome)},
          {"reason", outcome.reason},
          {"record_id", outcome.record_id}};
}

OrderedJson evidence_json(const RatioEvidence& evidence) {
  OrderedJson json = {{"ratio", number(evidence.ratio)},
                      {"interval", interval_json(evidence.interval)},
                      {"ratio_of_medians", number(evidence.ratio_of_medians)},
                      {"ratio_of_medians_interval", nullptr},
                      {"p", evidence.p},
                      {"adjusted_p", evidence.adjusted_p}};
  if (evidence.ratio_of_medians_interval) {
    json["ratio_of_medians_interval"] = interval_json(*evidence.ratio_of_medians_interval);
  }
  return json;
}

OrderedJson replication_json(const RowReplication& replication) {
  return {{"unit", name_of(replication.unit)},
          {"count", {replication.count_a, replication.count_b}},
          {"repetitions", {replication.values_a, replication.values_b}},
          {"processes", {replication.processes_a, replication.processes_b}}};
}

OrderedJson attribution_json(const Attribution& attribution) {
  OrderedJson ops = OrderedJson::array();
  for (const OpDifference& op : attribution.ops) {
    ops.push_back({{"op_id", op.op_id},
                   {"ops", op.ops},
                   {"ops_alike", op.ops_alike},
                   {"time_ns", {number(op.a_ns), number(op.b_ns)}},
                   {"flops", {number(op.a_flops), number(op.b_flops)}},
                   {"bytes", {number(op.a_bytes), number(op.b_bytes)}}});
  }
  OrderedJson around = OrderedJson::array();
  for (const Circumstance& entry : attribution.around) {
    around.push_back({{"what", entry.what},
                      {"unit", entry.unit},
                      {"values", {number(entry.a), number(entry.b)}}});
  }
  return {{"phase", attribution.phase},       {"difference_ns", number(attribution.difference_ns)},
          {"traced", attribution.traced},     {"attributed_ns", number(attribution.attributed_ns)},
          {"op_differences", std::move(ops)}, {"circumstances", std::move(around)},
          {"words", explain(attribution)}};
}

OrderedJson row_json(const ComparisonRow& row) {
  OrderedJson json = {{"case", OrderedJson::parse(to_json(row.subject))},
                      {"name", row.name},
                      {"metric", row.metric},
                      {"verdict", name_of(row.verdict)},
                      {"reason", row.reason},
                      {"counts", row.counts},
                      {"a", outcome_json(row.a)},
                      {"b", outcome_json(row.b)}};
  if (!row.metric.empty()) {
    json["unit"] = unit_of_metric(row.metric);
    json["better"] = name_of(row.better);
    json["a"]["value"] = number(row.value_a);
    json["b"]["value"] = number(row.value_b);
  }
  if (row.other_weights) json["other_weights"] = true;
  if (row.replication.values_a > 0) json["replication"] = replication_json(row.replication);
  if (row.evidence) json["evidence"] = evidence_json(*row.evidence);
  if (row.attribution) json["attribution"] = attribution_json(*row.attribution);
  return json;
}

}  // namespace

std::string comparison_json(const Comparison& comparison) {
  OrderedJson environment = OrderedJson::array();
  for (const EnvironmentDifference& entry : comparison.environment) {
    environment.push_back({{"part", name_of(entry.part)},
                           {"key", entry.key},
                           {"values", {entry.a, entry.b}},
                           {"blocks", entry.blocks}});
  }
  OrderedJson rows = OrderedJson::array();
  for (const ComparisonRow& row : comparison.rows) rows.push_back(row_json(row));
  const OrderedJson json = {{"format", "ridgepoint-comparison"},
                            {"version", kComparisonVersion},
                            {"verdict", name_of(comparison.verdict)},
                            {"sentence", verdict_sentence(comparison)},
                            {"exit_code", exit_code_of(comparison.verdict)},
                            {"threshold", comparison.threshold},
                            {"alpha", comparison.alpha},
                            {"across_machines", comparison.across_machines},
                            {"side_a", side_json(comparison.a)},
                            {"side_b", side_json(comparison.b)},
                            {"free_fields", comparison.free_fields},
                            {"environment", std::move(environment)},
                            {"cases", comparison.cases},
                            {"tests", comparison.tests},
                            {"notes", comparison.notes},
                            {"rows", std::move(rows)}};
  return json.dump(2, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
}

}  // namespace ridgepoint
