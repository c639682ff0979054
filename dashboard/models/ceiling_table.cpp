// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/models/ceiling_table.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "dashboard/models/text.h"
#include "dashboard/models/tone.h"
#include "results/report/table.h"
#include "results/report/time_text.h"
#include "results/roofline/ceilings_suite.h"
#include "results/store/store.h"

namespace ridgepoint {
namespace {

/// "13.6 (12.0 to 14.8) GFLOP/s": the unit once, where all three read in the same one.
QString with_interval(double value, double low, double high, const std::string& unit) {
  const auto parts = [&](double number) {
    const QString text = qt(format_value(number, unit));
    const qsizetype blank = text.indexOf(' ');
    return blank < 0 ? std::pair(text, QString()) : std::pair(text.left(blank), text.mid(blank));
  };
  const auto [middle, of_middle] = parts(value);
  const auto [least, of_least] = parts(low);
  const auto [most, of_most] = parts(high);
  if (of_middle == of_least && of_middle == of_most) {
    return QString("%1 (%2 to %3)%4").arg(middle, least, most, of_middle);
  }
  return QString("%1%2 (%3%4 to %5%6)").arg(middle, of_middle, least, of_least, most, of_most);
}

}  // namespace

void CeilingTable::show(const std::filesystem::path& path, const RunList& runs,
                        const StoreOptions& options, const std::string& baseline,
                        std::size_t most) {
  beginResetModel();
  runs_.clear();
  names_.clear();
  reference_ = 0;
  const RunEntry* pinned = runs.find(baseline);
  const std::string pinned_machine = pinned == nullptr ? "" : runs.machine_of(pinned->run());
  std::set<std::string> known;
  const Store store(path, OpenMode::read_only, options);
  for (const RunEntry& entry : runs.runs) {
    const Run& run = entry.run();
    const std::optional<std::string> device = ceilings_device(run.suite);
    if (!device || run.status != "finished" || runs_.size() == most) continue;
    ShownRun& shown = runs_.emplace_back();
    shown.id = run.id;
    shown.title = time_text(run.started_unix_ns);
    if (!device->empty()) shown.title += ", " + *device;
    shown.machine = runs.machine_of(run);
    const bool of_its_machine = !pinned_machine.empty() && shown.machine == pinned_machine;
    if (run.id == baseline || (of_its_machine && reference_ == 0)) reference_ = runs_.size();
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

int CeilingTable::column_of(const std::string& run_id) const {
  const auto found = std::ranges::find(runs_, run_id, &ShownRun::id);
  return found == runs_.end() ? -1 : 1 + static_cast<int>(found - runs_.begin());
}

std::size_t CeilingTable::row_count() const {
  return names_.size();
}

std::size_t CeilingTable::column_count() const {
  return 1 + runs_.size();
}

const CeilingTable::Cell* CeilingTable::found_at(std::size_t row, std::size_t column) const {
  const auto& cells = runs_[column - 1].cells;
  const auto found = cells.find(names_[row]);
  return found == cells.end() ? nullptr : &found->second;
}

const CeilingTable::Cell* CeilingTable::reference_for(std::size_t row, std::size_t column) const {
  if (reference_ == 0 || column == reference_) return nullptr;
  const Cell* reference = found_at(row, reference_);
  return reference != nullptr && reference->absent.empty() && reference->value > 0 ? reference
                                                                                   : nullptr;
}

QVariant CeilingTable::cell(std::size_t row, std::size_t column, int role) const {
  if (column == 0) {
    const bool says = role == Qt::DisplayRole || role == Qt::ToolTipRole;
    return says ? QVariant(qt(names_[row])) : QVariant();
  }
  const Cell* shown = found_at(row, column);
  const bool is_absent = shown == nullptr || !shown->absent.empty();
  const Cell* reference = is_absent ? nullptr : reference_for(row, column);
  switch (role) {
    case Qt::DisplayRole: {
      if (shown == nullptr) return QString();
      if (is_absent) return QString("absent");
      QString text = with_interval(shown->value, shown->low, shown->high, shown->unit);
      if (reference != nullptr) {
        text += "  " + change_of(shown->value / reference->value);
      }
      return text;
    }
    case Qt::ToolTipRole:
      if (shown == nullptr) return QString("not measured");
      return reference == nullptr
                 ? qt(shown->absent)
                 : QString(
                       "against the baseline's machine: %1, in colour where the intervals lie "
                       "apart")
                       .arg(qt(format_value(reference->value, reference->unit)));
    case kToneRole: {
      if (is_absent) return static_cast<int>(Tone::muted);
      if (reference == nullptr) return {};
      const bool higher = shown->low > reference->high;
      const bool lower = shown->high < reference->low;
      if (!higher && !lower) return {};
      const bool less_is_better = shown->unit == "ns";
      return static_cast<int>(higher != less_is_better ? Tone::good : Tone::bad);
    }
    default:
      return {};
  }
}

Heading CeilingTable::heading(std::size_t column) const {
  if (column == 0) return {"ceiling", {}};
  const ShownRun& run = runs_[column - 1];
  const QString mark = column == reference_ ? QString::fromUtf8("◆ ") : QString();
  const bool several = std::ranges::any_of(
      runs_, [&](const ShownRun& other) { return other.machine != runs_.front().machine; });
  QString title = mark + QString("%1 %2").arg(short_id(run.id), qt(run.title));
  if (several) title += ", " + qt(run.machine);
  return {title, qt(run.machine)};
}

}  // namespace ridgepoint
