// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/models/case_table_model.h"

#include <algorithm>
#include <map>
#include <utility>

#include "dashboard/models/brief_names.h"
#include "dashboard/models/text.h"
#include "results/compare/case_names.h"
#include "results/compare/compared_metrics.h"
#include "results/report/comparison_text.h"
#include "results/report/table.h"

namespace ridgepoint {
namespace {

std::string metric_title(std::string_view metric) {
  const MetricSpec* spec = find_metric(metric);
  return std::string(spec == nullptr ? metric : spec->short_name);
}

/// The row that says most about a case: the worst of those that count, else the first.
int weight_of(const ComparisonRow& row) {
  if (!row.counts) return 0;
  switch (row.verdict) {
    case Verdict::slower:
      return 5;
    case Verdict::faster:
      return 4;
    case Verdict::undecided:
      return 3;
    case Verdict::same:
      return 2;
    case Verdict::incomparable:
      return 1;
  }
  return 0;
}

}  // namespace

void CaseTableModel::show(std::shared_ptr<const RunWithRecords> run,
                          std::shared_ptr<const Compared> compared) {
  beginResetModel();
  run_ = std::move(run);
  rows_.clear();
  if (run_ != nullptr) {
    std::map<std::int64_t, Row> by_ordinal;
    for (const PlannedCase& planned : run_->planned) {
      by_ordinal[planned.ordinal] = {
          planned.ordinal, {}, case_hash(planned.subject), nullptr, {}, {}, {}};
    }
    std::map<std::int64_t, Case> subjects;
    for (const PlannedCase& planned : run_->planned) subjects[planned.ordinal] = planned.subject;
    for (const Record& record : run_->records) {
      Row& row = by_ordinal[record.ordinal];
      row.ordinal = record.ordinal;
      row.hash = case_hash(record.subject);
      row.record = &record;
      subjects[record.ordinal] = record.subject;
    }
    std::vector<Case> cases;
    for (const auto& [_, subject] : subjects) cases.push_back(subject);
    const std::vector<std::string> names = case_names(cases);
    std::map<std::string, const ComparisonRow*> against;
    if (compared != nullptr) {
      for (const ComparisonRow& row : compared->comparison.rows) {
        const ComparisonRow*& worst = against[row.b.record_id];
        if (worst == nullptr || weight_of(row) > weight_of(*worst)) worst = &row;
      }
    }
    std::size_t i = 0;
    for (auto& [_, row] : by_ordinal) {
      row.name = names[i++];
      const auto found = row.record == nullptr ? against.end() : against.find(row.record->id);
      if (found != against.end()) {
        const ComparisonRow& finding = *found->second;
        const std::string by = change_text(finding);
        row.change = qt(metric_title(finding.metric) + (by.empty() ? "" : " " + by) + " " +
                        row_verdict_text(finding))
                         .trimmed();
        if (finding.verdict == Verdict::slower) row.change_tone = Tone::bad;
        if (finding.verdict == Verdict::faster) row.change_tone = Tone::good;
        if (finding.verdict == Verdict::same) row.change_tone = Tone::muted;
      }
      rows_.push_back(std::move(row));
    }
    const auto brief = brief_names(names);
    for (std::size_t row = 0; row < rows_.size(); ++row) rows_[row].brief = qt_list(brief[row]);
  }
  endResetModel();
}

const Record* CaseTableModel::record(int row) const {
  if (row < 0 || row >= static_cast<int>(rows_.size())) return nullptr;
  return rows_[static_cast<std::size_t>(row)].record;
}

int CaseTableModel::row_of(const std::string& case_hash) const {
  const auto found = std::ranges::find(rows_, case_hash, &Row::hash);
  return found == rows_.end() ? -1 : static_cast<int>(found - rows_.begin());
}

std::size_t CaseTableModel::row_count() const {
  return rows_.size();
}

std::size_t CaseTableModel::column_count() const {
  return count;
}

QString CaseTableModel::figures_of(const Record& record) {
  QStringList parts;
  for (const std::string& metric : primary_metrics(record)) {
    const auto found = record.measurement.metrics.find(metric);
    if (found == record.measurement.metrics.end()) continue;
    parts.append(
        qt(metric_title(metric) + " " + format_value(found->second, unit_of_metric(metric))));
  }
  return parts.join(", ");
}

QString CaseTableModel::text_of(const Row& row, std::size_t column) {
  switch (column) {
    case ordinal:
      return QString::number(row.ordinal);
    case name:
      return qt(row.name);
    case outcome:
      return row.record == nullptr ? QStringLiteral("not measured")
                                   : qt(name_of(row.record->outcome));
    case figures:
      return row.record == nullptr ? QString() : figures_of(*row.record);
    case precision: {
      if (row.record == nullptr) return {};
      const auto found = row.record->measurement.metrics.find("precision_percent");
      return found == row.record->measurement.metrics.end() ? QString()
                                                            : qt(format_value(found->second, "%"));
    }
    case change:
      return row.change;
    case reason:
      return row.record == nullptr ? QString() : qt(row.record->reason).simplified();
    default:
      return {};
  }
}

Tone CaseTableModel::tone(const Row& row, std::size_t column) {
  if (column == change) return row.change_tone;
  if (column == ordinal) return Tone::muted;
  if (column == outcome || column == reason) {
    if (row.record == nullptr) return Tone::muted;
    if (row.record->outcome == Outcome::ok) return Tone::plain;
    return row.record->outcome == Outcome::mistrusted ||
                   row.record->outcome == Outcome::interrupted ||
                   row.record->outcome == Outcome::unsupported
               ? Tone::warning
               : Tone::bad;
  }
  return Tone::plain;
}

QVariant CaseTableModel::cell(std::size_t at, std::size_t column, int role) const {
  const Row& row = rows_[at];
  switch (role) {
    case Qt::DisplayRole:
    case Qt::ToolTipRole:
      return text_of(row, column);
    case Qt::TextAlignmentRole:
      return aligned(column == ordinal || column == precision);
    case case_hash_role:
      return qt(row.hash);
    case kBriefRole:
      return column == name ? QVariant(row.brief) : QVariant();
    case record_id_role:
      return row.record == nullptr ? QString() : qt(row.record->id);
    case kToneRole:
      return static_cast<int>(tone(row, column));
    default:
      return {};
  }
}

Heading CaseTableModel::heading(std::size_t column) const {
  static const Heading kHeadings[] = {
      {"#", {}},
      {"Case", {}},
      {"Against baseline",
       "The metric of the case that differs most from the pinned baseline, as `ridgepoint compare` "
       "judges it"},
      {"Outcome", {}},
      {"Figures", {}},
      {QString::fromUtf8("±"), "Half of the widest interval, as a share of the median"},
      {"Reason", {}}};
  return kHeadings[column];
}

}  // namespace ridgepoint
