// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/models/comparison_model.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "dashboard/models/brief_names.h"
#include "dashboard/models/text.h"
#include "results/metric_tolerance.h"
#include "results/report/comparison_text.h"

namespace ridgepoint {

bool is_quiet(const ComparisonRow& row) {
  return row.verdict == Verdict::same && find_metric_tolerance(row.metric) != nullptr;
}

int urgency(const ComparisonRow& row) {
  if (row.verdict == Verdict::slower) return row.metric.empty() ? 0 : 1;
  if (row.verdict == Verdict::faster) return 2;
  if (row.verdict == Verdict::undecided) return 3;
  return row.verdict == Verdict::same ? 4 : kLeastUrgent;
}

Tone tone_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::slower:
      return Tone::bad;
    case Verdict::faster:
      return Tone::good;
    case Verdict::undecided:
      return Tone::warning;
    case Verdict::same:
    case Verdict::incomparable:
      break;
  }
  return Tone::muted;
}

namespace {

/// Cells of a comparison's row before and after those of the columns that stand beside speed.
constexpr std::size_t kJudgedByCell = 7;
/// What a process held at most says most of memory; what it computed wrongly, of quality.
constexpr const char* kMemoryBeside = "peak_rss_bytes";
constexpr const char* kExactness = "check_relative_error";

/// "+0.3 %", or the verdict where a ratio makes no sense.
QString beside_text(const ComparisonRow& row) {
  const std::string change = change_text(row);
  return qt(change.empty() ? row_verdict_text(row) : change);
}

double log_of(double ratio) {
  return ratio > 0 && std::isfinite(ratio) ? std::log(ratio) : 0;
}

}  // namespace

RatioMark mark_of(const ComparisonRow& row, double threshold) {
  RatioMark mark{.threshold = std::log1p(threshold), .verdict = row.verdict};
  if (row.evidence) {
    mark.middle = log_of(row.evidence->ratio);
    mark.low = log_of(row.evidence->interval.low);
    mark.high = log_of(row.evidence->interval.high);
    mark.certain = true;
  } else if (!row.metric.empty() && row.value_a > 0) {
    mark.middle = log_of(row.value_b / row.value_a);
  }
  return mark;
}

void ComparisonModel::show(std::shared_ptr<const Compared> compared) {
  compared_ = std::move(compared);
  arrange();
}

void ComparisonModel::show_all(bool all) {
  if (all == all_) return;
  all_ = all;
  arrange();
}

void ComparisonModel::arrange() {
  beginResetModel();
  rows_.clear();
  left_out_ = 0;
  if (compared_ != nullptr) {
    const Comparison& comparison = compared_->comparison;
    std::vector<const ComparisonRow*> found;
    for (const ComparisonRow& row : comparison.rows) {
      if (!all_ && is_quiet(row)) {
        ++left_out_;
      } else {
        found.push_back(&row);
      }
    }
    std::ranges::stable_sort(found, {}, [](const ComparisonRow* row) { return urgency(*row); });
    double reach = 2 * std::log1p(comparison.threshold);
    for (const ComparisonRow* row : found) {
      Row entry{row, row_cells(*row), case_hash(row->subject), mark_of(*row, comparison.threshold)};
      // Memory may differ by orders of magnitude, and would leave no room for anything else.
      if (row->evidence) {
        const RatioMark& mark = entry.mark;
        reach = std::max({reach, std::abs(mark.low), std::abs(mark.high)});
      }
      rows_.push_back(std::move(entry));
    }
    for (Row& row : rows_) row.mark.reach = reach * 1.1;
    std::vector<std::string> names;
    for (const Row& row : rows_) names.push_back(row.found->name);
    const auto brief = brief_names(names);
    for (std::size_t i = 0; i < rows_.size(); ++i) rows_[i].brief = qt_list(brief[i]);
    set_beside();
  }
  endResetModel();
}

void ComparisonModel::set_beside() {
  const auto is_speed = [](const ComparisonRow& row) {
    return !row.metric.empty() && row.subject.workload != "quality" &&
           find_metric_tolerance(row.metric) == nullptr;
  };
  const auto first_of = [this](auto&& fits) {
    const auto& rows = compared_->comparison.rows;
    const auto found = std::ranges::find_if(rows, fits);
    return found == rows.end() ? nullptr : &*found;
  };
  for (Row& row : rows_) {
    if (!is_speed(*row.found)) continue;
    const Case& subject = row.found->subject;
    row.memory = first_of([&](const ComparisonRow& other) {
      return other.metric == kMemoryBeside && other.subject == subject;
    });
    row.quality = first_of([&](const ComparisonRow& other) {
      return other.subject.workload == "quality" && !other.metric.empty() &&
             !subject.model.empty() && other.subject.model == subject.model &&
             other.subject.transform == subject.transform &&
             other.subject.backend == subject.backend;
    });
    if (row.quality == nullptr) {
      row.quality = first_of([&](const ComparisonRow& other) {
        return other.metric == kExactness && other.subject == subject;
      });
    }
  }
}

bool ComparisonModel::has_beside(Column column) const {
  return std::ranges::any_of(rows_, [&](const Row& row) {
    return (column == memory ? row.memory : row.quality) != nullptr;
  });
}

const ComparisonRow* ComparisonModel::at(int row) const {
  if (row < 0 || row >= static_cast<int>(rows_.size())) return nullptr;
  return rows_[static_cast<std::size_t>(row)].found;
}

int ComparisonModel::row_of(const std::string& case_hash, const std::string& of_metric) const {
  const auto found = std::ranges::find_if(rows_, [&](const Row& row) {
    return row.hash == case_hash && (of_metric.empty() || row.found->metric == of_metric);
  });
  return found == rows_.end() ? -1 : static_cast<int>(found - rows_.begin());
}

std::size_t ComparisonModel::row_count() const {
  return rows_.size();
}

std::size_t ComparisonModel::column_count() const {
  return count;
}

QVariant ComparisonModel::cell(std::size_t at_row, std::size_t column, int role) const {
  const Row& row = rows_[at_row];
  const ComparisonRow* beside = column == memory    ? row.memory
                                : column == quality ? row.quality
                                                    : nullptr;
  if (column == memory || column == quality) {
    if (role == Qt::DisplayRole) return beside == nullptr ? QString() : beside_text(*beside);
    if (role == Qt::ToolTipRole && beside != nullptr) {
      return qt(row_title(*beside) + "\n" + row_verdict_text(*beside) + ": " +
                row_finding(*beside));
    }
    if (role == kToneRole && beside != nullptr) return static_cast<int>(tone_of(beside->verdict));
    if (role == Qt::TextAlignmentRole) return aligned(true);
    if (role == Qt::DisplayRole || role == Qt::ToolTipRole || role == kToneRole) return {};
  }
  switch (role) {
    case Qt::DisplayRole:
      // There is no room for both figures here: the tooltip and Why have them.
      if (column == change && !medians_text(*row.found).empty()) {
        return qt(change_text(*row.found)) + QString::fromUtf8(" †");
      }
      return qt(row.cells.at(column < memory ? column : std::size_t{kJudgedByCell}));
    case kBriefRole:
      return column == name ? QVariant(row.brief) : QVariant();
    case Qt::ToolTipRole:
      return qt(row.found->reason.empty() || column == change ? row_finding(*row.found)
                                                              : row.found->reason);
    case Qt::TextAlignmentRole:
      return aligned(column == value_a || column == value_b || column == change);
    case Qt::AccessibleTextRole:
      return column == interval ? qt(row_finding(*row.found)) : QVariant();
    case mark_role:
      return QVariant::fromValue(row.mark);
    case case_hash_role:
      return qt(row.hash);
    case metric_role:
      return qt(row.found->metric);
    case kToneRole:
      if (column != change && column != verdict) {
        return static_cast<int>(column == judged_by ? Tone::muted : Tone::plain);
      }
      return static_cast<int>(tone_of(row.found->verdict));
    case verdict_role:
      return static_cast<int>(row.found->verdict);
    default:
      return {};
  }
}

Heading ComparisonModel::heading(std::size_t column) const {
  static const Heading kHeadings[] = {
      {"Case", {}},
      {"Metric", {}},
      {"A", {}},
      {"B", {}},
      {"Change",
       QString::fromUtf8("B over A, taken from all samples; †: the medians alone say otherwise")},
      {"Interval",
       "B over A with its interval; the band around the middle is what does not matter"},
      {"Verdict", {}},
      {"Memory", "B over A in what the process held at most (peak RSS)"},
      {"Quality",
       "B over A in the quality of the same model, where both measured it; else in the error "
       "against the reference: more is worse"},
      {"Judged by", {}}};
  return kHeadings[column];
}

}  // namespace ridgepoint
