// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/models/ceiling_table.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "dashboard/models/text.h"
#include "dashboard/models/tone.h"
#include "results/report/table.h"
#include "results/report/time_text.h"
#include "results/store/store.h"

namespace ridgepoint {

void CeilingTable::show(const std::filesystem::path& path, const RunList& runs,
                        const StoreOptions& options, bool every_run, std::size_t most) {
  beginResetModel();
  runs_.clear();
  names_.clear();
  std::set<std::string> machines, known;
  const Store store(path, OpenMode::read_only, options);
  for (const RunEntry& entry : runs.runs) {
    const Run& run = entry.run();
    if (run.suite != "roofline" || run.status != "finished" || runs_.size() == most) continue;
    const std::string machine = runs.machine_of(run);
    if (!machines.insert(machine).second && !every_run) continue;
    ShownRun& shown = runs_.emplace_back();
    shown.id = run.id;
    shown.title = time_text(run.started_unix_ns);
    shown.machine = machine;
    for (const Record& record : store.records(run.id, /*with_samples=*/false)) {
      const auto details =
          nlohmann::json::parse(record.details, nullptr, /*allow_exceptions=*/false);
      if (!details.is_object() || !details.contains("ceiling")) continue;
      const auto& ceiling = details.at("ceiling");
      if (!ceiling.is_object()) continue;
      Cell cell;
      const auto number = [&](const char* key) {
        const auto found = ceiling.find(key);
        return found != ceiling.end() && found->is_number() ? found->get<double>() : 0.0;
      };
      const auto text = [&](const char* key) {
        const auto found = ceiling.find(key);
        return found != ceiling.end() && found->is_string() ? found->get<std::string>()
                                                            : std::string();
      };
      cell.value = number("value");
      cell.low = number("low");
      cell.high = number("high");
      cell.unit = text("unit");
      cell.absent = text("absent");
      const std::string& name = record.subject.name;
      shown.cells[name] = cell;
      if (known.insert(name).second) names_.push_back(name);
    }
  }
  endResetModel();
}

std::string CeilingTable::run_at(int column) const {
  return column < 1 || column >= columnCount() ? std::string()
                                               : runs_[static_cast<std::size_t>(column - 1)].id;
}

int CeilingTable::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(names_.size());
}

int CeilingTable::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : 1 + static_cast<int>(runs_.size());
}

const CeilingTable::Cell* CeilingTable::cell(const QModelIndex& index) const {
  const auto& cells = runs_[static_cast<std::size_t>(index.column() - 1)].cells;
  const auto found = cells.find(names_[static_cast<std::size_t>(index.row())]);
  return found == cells.end() ? nullptr : &found->second;
}

QVariant CeilingTable::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || index.row() >= rowCount() || index.column() >= columnCount()) return {};
  if (index.column() == 0) {
    const bool says = role == Qt::DisplayRole || role == Qt::ToolTipRole;
    return says ? QVariant(qt(names_[static_cast<std::size_t>(index.row())])) : QVariant();
  }
  const Cell* shown = cell(index);
  const bool is_absent = shown == nullptr || !shown->absent.empty();
  switch (role) {
    case Qt::DisplayRole:
      if (shown == nullptr) return QString();
      if (is_absent) return QString("absent");
      return QString("%1 (%2 to %3)")
          .arg(qt(format_value(shown->value, shown->unit)),
               qt(format_value(shown->low, shown->unit)),
               qt(format_value(shown->high, shown->unit)));
    case Qt::ToolTipRole:
      return shown == nullptr ? QString("not measured") : qt(shown->absent);
    case kToneRole:
      return is_absent ? QVariant(static_cast<int>(Tone::muted)) : QVariant();
    default:
      return {};
  }
}

QVariant CeilingTable::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || section < 0 || section >= columnCount()) return {};
  if (section == 0) return role == Qt::DisplayRole ? QVariant("ceiling") : QVariant();
  const ShownRun& run = runs_[static_cast<std::size_t>(section - 1)];
  if (role == Qt::DisplayRole) return QString("%1 %2").arg(short_id(run.id), qt(run.title));
  if (role == Qt::ToolTipRole) return qt(run.machine);
  return {};
}

}  // namespace ridgepoint
