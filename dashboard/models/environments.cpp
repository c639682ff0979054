// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/models/environments.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "dashboard/models/text.h"
#include "dashboard/models/tone.h"
#include "results/compare/environment_difference.h"
#include "results/report/time_text.h"

namespace ridgepoint {
namespace {

/// "cpu/model" to its value, for everything in the environment.
std::map<std::string, std::string> facts_in(const std::string& json) {
  std::map<std::string, std::string> facts;
  const auto parsed = nlohmann::json::parse(json, nullptr, false);
  if (!parsed.is_object()) return facts;
  const auto take = [&](const nlohmann::json& value, const std::string& key, auto&& self) -> void {
    if (value.is_object() && !value.empty()) {
      for (const auto& [name, inner] : value.items()) {
        self(inner, key.empty() ? name : key + "/" + name, self);
      }
    } else {
      facts[key] = value.is_string() ? value.get<std::string>() : value.dump();
    }
  };
  take(parsed, {}, take);
  return facts;
}

}  // namespace

void EnvironmentTable::show(const RunList& runs, bool only_differing, std::size_t most) {
  beginResetModel();
  shown_.clear();
  facts_.clear();
  left_out_ = 0;
  std::map<std::string, std::size_t> place;
  for (const RunEntry& entry : runs.runs) {  // newest first
    const std::string& hash = entry.run().environment_hash;
    const auto known = runs.environments.find(hash);
    if (known == runs.environments.end()) continue;
    const auto [found, added] = place.emplace(hash, shown_.size() + left_out_);
    if (added) {
      if (shown_.size() < most) {
        shown_.push_back({hash, runs.machine_of(entry.run()), 0, entry.run().started_unix_ns});
      } else {
        ++left_out_;
      }
    }
    if (found->second < shown_.size()) ++shown_[found->second].runs;
  }
  std::map<std::string, std::vector<std::string>> by_key;
  for (std::size_t i = 0; i < shown_.size(); ++i) {
    for (const auto& [key, value] : facts_in(runs.environments.at(shown_[i].hash))) {
      auto& values = by_key[key];
      values.resize(shown_.size());
      values[i] = value;
    }
  }
  for (auto& [key, values] : by_key) {
    Fact fact{key, std::move(values), false, part_of(key) == EnvironmentPart::machine};
    fact.differs = std::ranges::any_of(
        fact.values, [&](const std::string& value) { return value != fact.values.front(); });
    if (fact.differs || !only_differing) facts_.push_back(std::move(fact));
  }
  std::ranges::stable_sort(facts_, std::ranges::greater(), &Fact::of_machine);
  endResetModel();
}

int EnvironmentTable::rowCount(const QModelIndex& parent) const {
  return parent.isValid() || shown_.empty() ? 0 : static_cast<int>(facts_.size()) + 2;
}

int EnvironmentTable::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(shown_.size()) + 1;
}

QVariant EnvironmentTable::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const bool is_name = index.column() == 0;
  const Shown* environment =
      is_name ? nullptr : &shown_[static_cast<std::size_t>(index.column()) - 1];
  const Fact* fact = index.row() < 2 ? nullptr : &facts_[static_cast<std::size_t>(index.row()) - 2];
  if (role == kToneRole) {
    const bool quiet = is_name || (fact != nullptr && !fact->differs);
    return static_cast<int>(quiet ? Tone::muted : Tone::plain);
  }
  if (role != Qt::DisplayRole && role != Qt::ToolTipRole) return {};
  if (index.row() == 0) return is_name ? "runs" : QString::number(environment->runs);
  if (index.row() == 1) return is_name ? "newest run" : qt(time_text(environment->newest_unix_ns));
  if (is_name) return qt(fact->key);
  const std::string& value = fact->values[static_cast<std::size_t>(index.column()) - 1];
  return value.empty() ? QString("not known") : qt(value).simplified();
}

QVariant EnvironmentTable::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || section < 0 || section >= columnCount()) return {};
  if (section == 0) return role == Qt::DisplayRole ? QVariant("Fact") : QVariant();
  const Shown& environment = shown_[static_cast<std::size_t>(section) - 1];
  if (role == Qt::DisplayRole) {
    return QString("%1  %2").arg(short_id(environment.hash), qt(environment.machine));
  }
  if (role == Qt::ToolTipRole) return qt(environment.hash);
  return {};
}

}  // namespace ridgepoint
