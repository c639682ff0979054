// SPDX-License-Identifier: GPL-3.0-or-later
// OpDifferenceTable: where the difference between two records of one case lies: a row an op, or the
// ops of layers that behave alike, the largest difference first.
#pragma once

#include <string>
#include <vector>

#include "dashboard/models/cell_table.h"
#include "results/compare/attribution.h"

namespace ridgepoint {

class OpDifferenceTable : public CellTable {
  Q_OBJECT
 public:
  enum Column { op, time_a, time_b, difference, change, count };

  explicit OpDifferenceTable(QObject* parent = nullptr) : CellTable(parent) {}

  void show(std::vector<OpDifference> ops);
  [[nodiscard]] std::string op_at(int row) const;
  /// The op's own row, else that of the layers that it stands together with; -1 without either.
  [[nodiscard]] int row_of(const std::string& op_id) const;

 protected:
  [[nodiscard]] std::size_t row_count() const override;
  [[nodiscard]] std::size_t column_count() const override;
  [[nodiscard]] Heading heading(std::size_t column) const override;
  [[nodiscard]] QVariant cell(std::size_t row, std::size_t column, int role) const override;

 private:
  std::vector<OpDifference> ops_;
};

}  // namespace ridgepoint
