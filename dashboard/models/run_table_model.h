// SPDX-License-Identifier: GPL-3.0-or-later
// RunTableModel: the runs that a filter lets through, as the rows of a table: sorted, and grouped
// under headings where that is asked for. It keeps positions only, so that a key typed over 100,000
// runs costs one pass over them.
#pragma once

#include <QAbstractTableModel>
#include <cstdint>
#include <string>
#include <vector>

#include "dashboard/models/run_filter.h"
#include "dashboard/models/run_list.h"
#include "dashboard/models/tone.h"

namespace ridgepoint {

class RunTableModel : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Column {
    id,
    started,
    label,
    tags,
    suite,
    cases,
    precision,
    status,
    branch,
    commit,
    machine,
    note,
    count
  };
  static constexpr int run_id_role = Qt::UserRole;  ///< QString; empty for a heading
  enum class Grouping { none, label, suite, commit, branch, machine, day };

  explicit RunTableModel(QObject* parent = nullptr);

  void set_runs(SharedRuns runs);
  void set_filter(const RunFilter& filter);
  void set_grouping(Grouping grouping);
  void set_baseline(const std::string& run_id);
  void set_candidates(const std::vector<std::string>& run_ids);

  /// Runs that fit, headings not counted.
  [[nodiscard]] std::size_t fitting() const { return positions_.size(); }
  [[nodiscard]] const SharedRuns& runs() const { return runs_; }
  /// -1 where the run does not fit.
  [[nodiscard]] int row_of(const std::string& run_id) const;
  [[nodiscard]] bool is_heading(int row) const;

  [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
  [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                    int role) const override;
  [[nodiscard]] Qt::ItemFlags flags(const QModelIndex& index) const override;
  void sort(int column, Qt::SortOrder order) override;

 private:
  struct Row {
    std::uint32_t run = 0;    ///< position in the list; of a heading: of its first run
    std::uint32_t under = 0;  ///< 0: a run; else a heading, over that many runs
  };
  void arrange();
  [[nodiscard]] std::string group_of(const RunEntry& entry) const;
  [[nodiscard]] QString cell(const RunEntry& entry, int column) const;
  [[nodiscard]] Tone tone(const RunEntry& entry, int column) const;
  [[nodiscard]] bool before(const RunEntry& a, const RunEntry& b) const;

  SharedRuns runs_;
  RunFilter filter_;
  Grouping grouping_ = Grouping::none;
  int sort_column_ = started;
  Qt::SortOrder sort_order_ = Qt::DescendingOrder;
  std::string baseline_;
  std::vector<std::string> candidates_;
  std::vector<std::uint32_t> positions_;
  std::vector<Row> rows_;
};

}  // namespace ridgepoint
