// SPDX-License-Identifier: GPL-3.0-or-later
// CandidatesModel: several candidates against one baseline: a row a case and metric, the worst
// first, and a column a candidate with its ratio and interval.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "dashboard/models/cell_table.h"
#include "dashboard/models/session.h"

namespace ridgepoint {

class CandidatesModel : public CellTable {
  Q_OBJECT
 public:
  /// Columns before those of the candidates.
  enum Column { name, metric, baseline, first_candidate };

  explicit CandidatesModel(QObject* parent = nullptr) : CellTable(parent) {}

  /// `titles` and `findings`: of the candidates, one each: what a column is called, and what was
  /// found of it as a whole.
  void show(std::shared_ptr<const ManyCompared> compared, QStringList titles, QStringList findings);
  /// Memory and exactness within tolerance for all candidates are left out unless this is on.
  void show_all(bool all);
  [[nodiscard]] std::size_t left_out() const { return left_out_; }
  /// What was found of a candidate there; null in columns of no candidate, and where it lacks the
  /// case. A case that failed stands for each of its metrics.
  [[nodiscard]] const ComparisonRow* at(int row, int column) const;
  /// The first row of the case (and metric, where one is given); -1 where there is none.
  [[nodiscard]] int row_of(const std::string& case_hash, const std::string& of_metric) const;

 protected:
  [[nodiscard]] std::size_t row_count() const override;
  [[nodiscard]] std::size_t column_count() const override;
  [[nodiscard]] Heading heading(std::size_t column) const override;
  [[nodiscard]] QVariant cell(std::size_t row, std::size_t column, int role) const override;

 private:
  struct Row {
    std::string hash, metric;
    const ComparisonRow* any = nullptr;       ///< that names the case and says the baseline's value
    std::vector<const ComparisonRow*> found;  ///< by candidate
    QStringList brief{};                      ///< names of the case where there is little room
  };
  void arrange();
  [[nodiscard]] double threshold() const;

  std::shared_ptr<const ManyCompared> compared_;
  QStringList titles_, findings_;
  std::vector<Row> rows_;
  std::size_t left_out_ = 0;
  double reach_ = 0;
  bool all_ = false;
};

}  // namespace ridgepoint
