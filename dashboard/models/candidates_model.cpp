// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/models/candidates_model.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "dashboard/models/brief_names.h"
#include "dashboard/models/comparison_model.h"
#include "dashboard/models/text.h"
#include "dashboard/models/tone.h"
#include "results/report/comparison_text.h"

namespace ridgepoint {
namespace {

QString ratio_text(const ComparisonRow& row) {
  if (row.missing_in_b) return QStringLiteral("not there");
  const std::string change = change_text(row);
  const std::string interval = interval_text(row);
  if (change.empty()) return qt(row_verdict_text(row));
  return interval.empty() ? qt(change) : QString("%1 (%2)").arg(qt(change), qt(interval));
}

}  // namespace

void CandidatesModel::show(std::shared_ptr<const ManyCompared> compared, QStringList titles,
                           QStringList findings) {
  compared_ = std::move(compared);
  titles_ = std::move(titles);
  findings_ = std::move(findings);
  arrange();
}

void CandidatesModel::show_all(bool all) {
  if (all == all_) return;
  all_ = all;
  arrange();
}

double CandidatesModel::threshold() const {
  for (const auto& candidate : compared_->candidates) {
    if (candidate.compared != nullptr) return candidate.compared->comparison.threshold;
  }
  return 0;
}

void CandidatesModel::arrange() {
  beginResetModel();
  rows_.clear();
  left_out_ = 0;
  reach_ = 0;
  if (compared_ != nullptr) {
    const std::size_t count = compared_->candidates.size();
    // By case: its metrics in the order of the candidates that have them; "" is the case itself.
    std::vector<std::string> order;
    std::map<std::string, std::vector<Row>> by_case;
    for (std::size_t i = 0; i < count; ++i) {
      const auto& compared = compared_->candidates[i].compared;
      if (compared == nullptr) continue;
      for (const ComparisonRow& row : compared->comparison.rows) {
        std::string hash = case_hash(row.subject);
        if (!by_case.contains(hash)) order.push_back(hash);
        std::vector<Row>& rows = by_case[hash];
        auto place = std::ranges::find(rows, row.metric, &Row::metric);
        if (place == rows.end()) {
          rows.push_back({std::move(hash), row.metric, &row, {}, {}});
          place = std::prev(rows.end());
          place->found.resize(count);
        }
        place->found[i] = &row;
      }
    }
    for (const std::string& hash : order) {
      std::vector<Row>& rows = by_case[hash];
      const auto whole = std::ranges::find(rows, std::string(), &Row::metric);
      const bool has_metrics = rows.size() > (whole == rows.end() ? 0U : 1U);
      for (Row& row : rows) {
        if (row.metric.empty() && has_metrics) continue;
        // By what was measured of it: a case that another candidate lacks does not make its memory
        // worth a row.
        const bool quiet = std::ranges::all_of(
            row.found, [](const auto* found) { return found == nullptr || is_quiet(*found); });
        if (whole != rows.end()) {
          for (std::size_t i = 0; i < count; ++i) {
            if (row.found[i] == nullptr) row.found[i] = whole->found[i];
          }
        }
        if (quiet && !all_) {
          ++left_out_;
        } else {
          rows_.push_back(row);
        }
      }
    }
    std::ranges::stable_sort(rows_, {}, [](const Row& row) {
      int worst = kLeastUrgent;
      for (const ComparisonRow* found : row.found) {
        if (found != nullptr) worst = std::min(worst, urgency(*found));
      }
      return worst;
    });
    reach_ = 2 * std::log1p(threshold());
    for (const Row& row : rows_) {
      for (const ComparisonRow* found : row.found) {
        if (found == nullptr || !found->evidence) continue;
        const RatioMark mark = mark_of(*found, threshold());
        reach_ = std::max({reach_, std::abs(mark.low), std::abs(mark.high)});
      }
    }
    reach_ *= 1.1;
    std::vector<std::string> names;
    for (const Row& row : rows_) names.push_back(row.any->name);
    const auto brief = brief_names(names);
    for (std::size_t row = 0; row < rows_.size(); ++row) rows_[row].brief = qt_list(brief[row]);
  }
  endResetModel();
}

const ComparisonRow* CandidatesModel::at(int row, int column) const {
  if (row < 0 || row >= static_cast<int>(rows_.size())) return nullptr;
  const auto& found = rows_[static_cast<std::size_t>(row)].found;
  const int candidate = column - first_candidate;
  if (candidate < 0 || candidate >= static_cast<int>(found.size())) return nullptr;
  return found[static_cast<std::size_t>(candidate)];
}

int CandidatesModel::row_of(const std::string& case_hash, const std::string& of_metric) const {
  const auto found = std::ranges::find_if(rows_, [&](const Row& row) {
    return row.hash == case_hash && (of_metric.empty() || row.metric == of_metric);
  });
  return found == rows_.end() ? -1 : static_cast<int>(found - rows_.begin());
}

std::size_t CandidatesModel::row_count() const {
  return rows_.size();
}

std::size_t CandidatesModel::column_count() const {
  return first_candidate + static_cast<std::size_t>(titles_.size());
}

QVariant CandidatesModel::cell(std::size_t at_row, std::size_t column, int role) const {
  const Row& row = rows_[at_row];
  if (role == ComparisonModel::case_hash_role) return qt(row.hash);
  if (role == ComparisonModel::metric_role) return qt(row.metric);
  if (column < first_candidate) {
    // Of a comparison's cells: the case, the metric, A's value.
    constexpr std::size_t kCells[] = {ComparisonModel::name, ComparisonModel::metric,
                                      ComparisonModel::value_a};
    if (role == Qt::DisplayRole || role == Qt::ToolTipRole) {
      return qt(row_cells(*row.any).at(kCells[column]));
    }
    if (role == kBriefRole) return column == 0 ? QVariant(row.brief) : QVariant();
    return role == Qt::TextAlignmentRole ? aligned(column == baseline) : QVariant();
  }
  const ComparisonRow* found = at(static_cast<int>(at_row), static_cast<int>(column));
  if (found == nullptr)
    return role == Qt::DisplayRole ? QVariant(QString::fromUtf8("–")) : QVariant();
  switch (role) {
    case Qt::DisplayRole:
      return ratio_text(*found);
    case Qt::ToolTipRole:
    case Qt::AccessibleTextRole: {
      QString text = qt(row_verdict_text(*found)) + ": " + qt(row_finding(*found));
      if (!found->reason.empty() && !found->metric.empty()) text += "\n" + qt(found->reason);
      return text;
    }
    case ComparisonModel::mark_role: {
      RatioMark mark = mark_of(*found, threshold());
      mark.reach = reach_;
      return QVariant::fromValue(mark);
    }
    case ComparisonModel::verdict_role:
      return static_cast<int>(found->verdict);
    case kToneRole:
      return static_cast<int>(tone_of(found->verdict));
    default:
      return {};
  }
}

Heading CandidatesModel::heading(std::size_t column) const {
  static constexpr const char* kTitles[] = {"Case", "Metric", "Baseline"};
  if (column < first_candidate) return {kTitles[column], {}};
  const auto candidate = static_cast<qsizetype>(column - first_candidate);
  return {titles_.at(candidate),
          findings_.value(candidate) +
              "\nCandidate over baseline, and its interval; the band around the middle is what "
              "does not matter"};
}

}  // namespace ridgepoint
