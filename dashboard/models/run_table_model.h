// SPDX-License-Identifier: GPL-3.0-or-later
// RunTableModel: the runs that a filter lets through, as the rows of a table: sorted, and grouped
// under headings where that is asked for. It keeps positions only, so that a key typed over 100,000
// runs costs one pass over them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dashboard/models/cell_table.h"
#include "dashboard/models/run_filter.h"
#include "dashboard/models/run_list.h"
#include "dashboard/models/tone.h"

namespace ridgepoint {

class RunTableModel : public CellTable {
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
  /// A run with several tags or models stands under each of them.
  enum class Grouping { none, label, tag, model, suite, commit, branch, machine, day };

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

  [[nodiscard]] Qt::ItemFlags flags(const QModelIndex& index) const override;
  void sort(int column, Qt::SortOrder order) override;

 protected:
  [[nodiscard]] std::size_t row_count() const override;
  [[nodiscard]] std::size_t column_count() const override;
  [[nodiscard]] Heading heading(std::size_t column) const override;
  [[nodiscard]] QVariant cell(std::size_t row, std::size_t column, int role) const override;

 private:
  struct Row {
    std::uint32_t at = 0;     ///< of a run: position in the list; of a heading: in groups_
    std::uint32_t under = 0;  ///< 0: a run; else a heading, over that many runs
  };
  void arrange();
  [[nodiscard]] std::vector<std::string> groups_of(const RunEntry& entry) const;
  [[nodiscard]] QString text_of(const RunEntry& entry, std::size_t column) const;
  [[nodiscard]] static Tone tone(const RunEntry& entry, std::size_t column);
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
  std::vector<std::string> groups_;  ///< names, in their order
};

}  // namespace ridgepoint
