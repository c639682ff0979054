// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/models/environments.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "dashboard/models/text.h"
#include "dashboard/models/tone.h"
#include "results/compare/environment_difference.h"
#include "results/report/time_text.h"

namespace ridgepoint {
namespace {

/// Above the facts: how many runs, and when the newest was.
constexpr std::size_t kOwnRows = 2;

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

/// A number of bytes, by the name of the fact; nothing: it is something else.
std::optional<double> bytes_of(const std::string& key, const std::string& value) {
  if (key.find("bytes") == std::string::npos || value.empty()) return {};
  const bool is_whole = std::ranges::all_of(
      value, [](char letter) { return std::isdigit(static_cast<unsigned char>(letter)) != 0; });
  constexpr std::size_t kMostDigits = 18;
  if (!is_whole || value.size() > kMostDigits) return {};
  return std::stod(value);
}

/// Memory and caches come in powers of two: "32 KiB", "23.5 GiB".
std::string binary_bytes(double bytes) {
  static constexpr std::array kUnits{"bytes", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  for (; bytes >= 1024 && unit + 1 < kUnits.size(); ++unit) bytes /= 1024;
  return fmt::format("{:.3g} {}", bytes, kUnits[unit]);
}

}  // namespace

void EnvironmentTable::show(const RunList& runs, bool only_differing, const std::string& baseline,
                            std::size_t most) {
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
        shown_.push_back(
            {hash, runs.machine_of(entry.run()), entry.run().id, 0, entry.run().started_unix_ns});
      } else {
        ++left_out_;
      }
    }
    if (found->second < shown_.size()) ++shown_[found->second].runs;
  }
  const RunEntry* pinned = runs.find(baseline);
  const int reference = pinned == nullptr ? -1 : column_of(pinned->run().environment_hash);
  reference_ = static_cast<std::size_t>(std::max(0, reference));
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

std::string EnvironmentTable::newest_run_at(int column) const {
  return column < 1 || column >= columnCount()
             ? std::string()
             : shown_[static_cast<std::size_t>(column - 1)].newest_run;
}

int EnvironmentTable::column_of(const std::string& environment_hash) const {
  const auto found = std::ranges::find(shown_, environment_hash, &Shown::hash);
  return found == shown_.end() ? -1 : 1 + static_cast<int>(found - shown_.begin());
}

std::size_t EnvironmentTable::row_count() const {
  return shown_.empty() ? 0 : facts_.size() + kOwnRows;
}

std::size_t EnvironmentTable::column_count() const {
  return shown_.size() + 1;
}

QVariant EnvironmentTable::cell(std::size_t row, std::size_t column, int role) const {
  const bool is_name = column == 0;
  const Shown* environment = is_name ? nullptr : &shown_[column - 1];
  const Fact* fact = row < kOwnRows ? nullptr : &facts_[row - kOwnRows];
  const bool unlike_baseline = fact != nullptr && reference_ > 0 && !is_name &&
                               fact->values[column - 1] != fact->values[reference_ - 1];
  if (role == kToneRole) {
    if (unlike_baseline) return static_cast<int>(Tone::warning);
    const bool quiet = is_name || (fact != nullptr && !fact->differs);
    return static_cast<int>(quiet ? Tone::muted : Tone::plain);
  }
  if (role != Qt::DisplayRole && role != Qt::ToolTipRole) return {};
  if (row == 0) return is_name ? "runs" : QString::number(environment->runs);
  if (row == 1) return is_name ? "newest run" : qt(time_text(environment->newest_unix_ns));
  if (is_name) return qt(fact->key);
  const auto words = [&](const std::string& value) {
    if (value.empty()) return QString("not known");
    const std::optional<double> bytes = bytes_of(fact->key, value);
    if (!bytes) return qt(value).simplified();
    const QString read = qt(binary_bytes(*bytes));
    return role == Qt::ToolTipRole ? QString("%1 (%L2 bytes)").arg(read).arg(*bytes, 0, 'f', 0)
                                   : read;
  };
  if (role == Qt::ToolTipRole && unlike_baseline) {
    return words(fact->values[column - 1]) + "\nbaseline: " + words(fact->values[reference_ - 1]);
  }
  return words(fact->values[column - 1]);
}

Heading EnvironmentTable::heading(std::size_t column) const {
  if (column == 0) return {"Fact", {}};
  const Shown& environment = shown_[column - 1];
  const QString mark = column == reference_ ? QString::fromUtf8("◆ ") : QString();
  return {mark + QString("%1  %2").arg(short_id(environment.hash), qt(environment.machine)),
          qt(environment.hash)};
}

}  // namespace ridgepoint
