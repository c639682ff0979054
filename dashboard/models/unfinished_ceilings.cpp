// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/models/unfinished_ceilings.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "dashboard/models/text.h"

namespace ridgepoint {
namespace {

/// Empty where it is no ceiling, or was not measured.
std::string unit_of_ceiling(const Record& record) {
  if (record.outcome != Outcome::ok) return {};
  const auto details = nlohmann::json::parse(record.details, nullptr, /*allow_exceptions=*/false);
  if (!details.is_object() || !details.contains("ceiling")) return {};
  const auto& ceiling = details.at("ceiling");
  if (!ceiling.is_object() || ceiling.contains("absent")) return {};
  const auto unit = ceiling.find("unit");
  return unit != ceiling.end() && unit->is_string() ? unit->get<std::string>() : std::string();
}

}  // namespace

QString unfinished_ceilings(const Store& store, std::string_view suite) {
  const std::vector<Run> runs = store.runs();  // newest first
  const auto newest = std::ranges::find(runs, suite, &Run::suite);
  if (newest == runs.end() || newest->status == "finished") return {};
  std::size_t measured = 0;
  bool any_bandwidth = false, any_arithmetic = false;
  for (const Record& record : store.records(newest->id, /*with_samples=*/false)) {
    const std::string unit = unit_of_ceiling(record);
    if (unit.empty()) continue;
    ++measured;
    any_bandwidth = any_bandwidth || unit == "bytes/s";
    any_arithmetic = any_arithmetic || unit.ends_with("OP/s");  // FLOP/s too
  }
  QString text = QString("the newest run of ceilings (%1) %2 with %3 of %4 of them measured")
                     .arg(short_id(newest->id), newest->status == "running"
                                                    ? QString("has not come to its end, and stands")
                                                    : QString("was interrupted"))
                     .arg(measured)
                     .arg(store.planned_cases(newest->id).size());
  if (!any_bandwidth) text += ", no bandwidth among them";
  if (!any_arithmetic) text += ", no arithmetic among them";
  return text;
}

}  // namespace ridgepoint
