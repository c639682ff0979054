// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/models/run_table_model.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "dashboard/models/text.h"
#include "results/report/table.h"
#include "results/report/time_text.h"

namespace ridgepoint {
namespace {

QString commit_text(const Run& run) {
  if (run.git_commit.empty()) return {};
  return qt(run.git_commit.substr(0, 10)) + (run.git_dirty ? QStringLiteral("*") : QString());
}

QString tags_text(const Run& run) {
  QStringList names;
  for (const std::string& tag : run.marks.tag_names()) names.append(qt(tag));
  return names.join(' ');
}

QString cases_text(const RunSummary& summary) {
  if (summary.recorded < summary.planned) {
    return QString("%1 ok, %2 of %3 measured")
        .arg(summary.succeeded)
        .arg(summary.recorded)
        .arg(summary.planned);
  }
  return QString("%1 of %2 ok").arg(summary.succeeded).arg(summary.planned);
}

}  // namespace

RunTableModel::RunTableModel(QObject* parent)
    : CellTable(parent), runs_(std::make_shared<RunList>()) {}

void RunTableModel::set_runs(SharedRuns runs) {
  runs_ = std::move(runs);
  arrange();
}

void RunTableModel::set_filter(const RunFilter& filter) {
  filter_ = filter;
  arrange();
}

void RunTableModel::set_grouping(Grouping grouping) {
  if (grouping == grouping_) return;
  grouping_ = grouping;
  arrange();
}

void RunTableModel::set_baseline(const std::string& run_id) {
  if (run_id == baseline_) return;
  const int old_row = row_of(baseline_);
  baseline_ = run_id;
  for (const int row : {old_row, row_of(baseline_)}) {
    if (row >= 0) Q_EMIT dataChanged(index(row, 0), index(row, count - 1));
  }
}

void RunTableModel::set_candidates(const std::vector<std::string>& run_ids) {
  if (run_ids == candidates_) return;
  std::vector<std::string> changed = candidates_;
  changed.insert(changed.end(), run_ids.begin(), run_ids.end());
  candidates_ = run_ids;
  for (const std::string& run : changed) {
    const int row = row_of(run);
    if (row >= 0) Q_EMIT dataChanged(index(row, 0), index(row, count - 1));
  }
}

void RunTableModel::sort(int column, Qt::SortOrder order) {
  if (column < 0 || column >= count) return;
  sort_column_ = column;
  sort_order_ = order;
  arrange();
}

bool RunTableModel::before(const RunEntry& a, const RunEntry& b) const {
  const Run& x = a.run();
  const Run& y = b.run();
  switch (sort_column_) {
    case id:
      return x.id < y.id;
    case label:
      return x.label < y.label;
    case tags:
      return x.marks.tag_names() < y.marks.tag_names();
    case note:
      return x.marks.note < y.marks.note;
    case suite:
      return x.suite < y.suite;
    case cases:
      return std::pair(-a.failed(), a.summary.planned) < std::pair(-b.failed(), b.summary.planned);
    case precision:
      return a.summary.widest_percent.value_or(-1) < b.summary.widest_percent.value_or(-1);
    case status:
      return x.status < y.status;
    case branch:
      return x.git_branch < y.git_branch;
    case commit:
      return x.git_commit < y.git_commit;
    case machine:
      return runs_->machine_of(x) < runs_->machine_of(y);
    default:
      return x.started_unix_ns < y.started_unix_ns;
  }
}

void RunTableModel::arrange() {
  beginResetModel();
  positions_ = filter_.apply(*runs_);
  const bool as_stored = sort_column_ == started && sort_order_ == Qt::DescendingOrder;
  if (!as_stored) {
    std::ranges::stable_sort(positions_, [this](std::uint32_t a, std::uint32_t b) {
      const RunEntry& x = runs_->runs[a];
      const RunEntry& y = runs_->runs[b];
      return sort_order_ == Qt::AscendingOrder ? before(x, y) : before(y, x);
    });
  }
  rows_.clear();
  if (grouping_ == Grouping::none) {
    rows_.reserve(positions_.size());
    for (const std::uint32_t run : positions_) rows_.push_back({run, 0});
  } else {
    // Groups in the order of their first run, so that the sorting holds among them too.
    std::map<std::string, std::size_t> place;
    std::vector<std::vector<std::uint32_t>> groups;
    groups_.clear();
    for (const std::uint32_t run : positions_) {
      for (std::string& name : groups_of(runs_->runs[run])) {
        const auto [found, added] = place.emplace(name, groups.size());
        if (added) {
          groups.emplace_back();
          groups_.push_back(std::move(name));
        }
        groups[found->second].push_back(run);
      }
    }
    rows_.reserve(positions_.size() + groups.size());
    for (std::uint32_t i = 0; i < groups.size(); ++i) {
      rows_.push_back({i, static_cast<std::uint32_t>(groups[i].size())});
      for (const std::uint32_t run : groups[i]) rows_.push_back({run, 0});
    }
  }
  endResetModel();
}

std::vector<std::string> RunTableModel::groups_of(const RunEntry& entry) const {
  const Run& run = entry.run();
  const auto or_none = [](std::string text, const char* none) {
    return std::vector{text.empty() ? std::string(none) : std::move(text)};
  };
  switch (grouping_) {
    case Grouping::tag: {
      std::vector<std::string> names = run.marks.tag_names();
      return names.empty() ? or_none({}, "no tag") : names;
    }
    case Grouping::model: {
      if (entry.case_set == kNoCases) return or_none({}, "cases not read yet");
      std::set<std::string> models;
      for (const std::uint32_t i : runs_->case_sets[entry.case_set]) {
        const Case& subject = runs_->cases[i];
        const CaseField* field = find_case_field("model");  // operators have none
        if (field != nullptr && applies(*field, subject)) models.insert(subject.model);
      }
      models.erase(std::string());
      return models.empty() ? or_none({}, "no model")
                            : std::vector<std::string>(models.begin(), models.end());
    }
    case Grouping::label:
      return or_none(run.label, "no label");
    case Grouping::suite:
      return or_none(run.suite, "single cases");
    case Grouping::commit:
      return or_none(run.git_commit.substr(0, 10), "no commit");
    case Grouping::branch:
      return or_none(run.git_branch, "no branch");
    case Grouping::machine:
      return or_none(runs_->machine_of(run), "machine not known");
    case Grouping::day:
      return {time_text(run.started_unix_ns).substr(0, 10)};
    case Grouping::none:
      break;
  }
  return {};
}

int RunTableModel::row_of(const std::string& run_id) const {
  if (run_id.empty()) return -1;
  const auto found = std::ranges::find_if(rows_, [&](const Row& row) {
    return row.under == 0 && runs_->runs[row.at].run().id == run_id;
  });
  return found == rows_.end() ? -1 : static_cast<int>(found - rows_.begin());
}

bool RunTableModel::is_heading(int row) const {
  return row >= 0 && row < static_cast<int>(rows_.size()) &&
         rows_[static_cast<std::size_t>(row)].under > 0;
}

std::size_t RunTableModel::row_count() const {
  return rows_.size();
}

std::size_t RunTableModel::column_count() const {
  return count;
}

QString RunTableModel::text_of(const RunEntry& entry, std::size_t column) const {
  const Run& run = entry.run();
  switch (column) {
    case id:
      if (run.id == baseline_) return QStringLiteral("◆ ") + short_id(run.id);
      return (std::ranges::count(candidates_, run.id) > 0 ? QString::fromUtf8("● ") : QString()) +
             short_id(run.id);
    case started:
      return qt(time_text(run.started_unix_ns));
    case label:
      return qt(run.label);
    case tags:
      return tags_text(run);
    case note:
      return qt(run.marks.note).simplified();
    case suite:
      return qt(run.suite);
    case cases:
      return cases_text(entry.summary);
    case precision:
      return entry.summary.widest_percent ? qt(format_value(*entry.summary.widest_percent, "%"))
                                          : QString();
    case status:
      return qt(run.status);
    case branch:
      return qt(run.git_branch);
    case commit:
      return commit_text(run);
    case machine:
      return qt(runs_->machine_of(run));
    default:
      return {};
  }
}

Tone RunTableModel::tone(const RunEntry& entry, std::size_t column) {
  if (column == cases && entry.failed() > 0) return Tone::bad;
  if (column == status && entry.run().status != "finished") return Tone::warning;
  if (column == commit || column == machine || column == branch) return Tone::muted;
  return Tone::plain;
}

QVariant RunTableModel::cell(std::size_t at, std::size_t column, int role) const {
  const Row& row = rows_[at];
  if (row.under > 0) {
    if (role == kHeadingRole) return true;
    if (role == Qt::DisplayRole && column == 0) {
      return QString("%1 (%2 %3)")
          .arg(qt(groups_[row.at]))
          .arg(row.under)
          .arg(row.under == 1 ? "run" : "runs");
    }
    return role == run_id_role ? QVariant(QString()) : QVariant();
  }
  const RunEntry& entry = runs_->runs[row.at];
  switch (role) {
    case Qt::DisplayRole:
      return text_of(entry, column);
    case Qt::ToolTipRole:
      if (column == id) return qt(entry.run().command);
      return column == note ? qt(entry.run().marks.note) : text_of(entry, column);
    case Qt::TextAlignmentRole:
      return aligned(column == precision);
    case run_id_role:
      return qt(entry.run().id);
    case kHeadingRole:
      return false;
    case kToneRole:
      return static_cast<int>(tone(entry, column));
    default:
      return {};
  }
}

Heading RunTableModel::heading(std::size_t column) const {
  static const Heading kHeadings[] = {
      {"Run", QString::fromUtf8("First characters of the run's id; ◆ marks the pinned baseline, ● "
                                "what is kept for a comparison")},
      {"Started", "When it began, in UTC"},
      {"Label", "Given with --label"},
      {"Tags", "Words to find it by; T changes them"},
      {"Suite", "Suite of cases; empty for cases given one by one"},
      {"Cases", "Cases that ended ok, of those that were planned"},
      {QString::fromUtf8("Widest ±"),
       "The widest interval of its cases: half of it, as a share of the median"},
      {"Status", "running, finished or interrupted"},
      {"Branch", "Git branch of the working directory"},
      {"Commit", "Git commit of the working directory; * with changes that were in no commit"},
      {"Machine", "CPU and its cores"},
      {"Note", "What somebody wrote to it; N changes it"}};
  return kHeadings[column];
}

Qt::ItemFlags RunTableModel::flags(const QModelIndex& index) const {
  if (index.isValid() && is_heading(index.row())) return Qt::ItemIsEnabled;
  return CellTable::flags(index);
}

}  // namespace ridgepoint
