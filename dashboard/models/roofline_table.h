// SPDX-License-Identifier: GPL-3.0-or-later
// RooflineTable: the points of a roofline as rows, those without a place under the roofs included.
#pragma once

#include <memory>
#include <string>

#include "dashboard/models/cell_table.h"
#include "dashboard/models/roofline_scene.h"

namespace ridgepoint {

class RooflineTable : public CellTable {
  Q_OBJECT
 public:
  enum Column { phase, op, time, share, change, intensity, attained, of_roof, bound, count };

  explicit RooflineTable(QObject* parent = nullptr) : CellTable(parent) {}

  void show(std::shared_ptr<const RooflineScene> scene);
  /// -1 where there is none.
  [[nodiscard]] int row_of(const std::string& phase, const std::string& op_id) const;

 protected:
  [[nodiscard]] std::size_t row_count() const override;
  [[nodiscard]] std::size_t column_count() const override;
  [[nodiscard]] Heading heading(std::size_t column) const override;
  [[nodiscard]] QVariant cell(std::size_t row, std::size_t column, int role) const override;

 private:
  [[nodiscard]] QString text_of(const RooflinePoint& point, std::size_t column) const;
  /// Of the time against the baseline; nothing where there is none.
  [[nodiscard]] std::optional<double> ratio(const RooflinePoint& point) const;

  std::shared_ptr<const RooflineScene> scene_;
};

}  // namespace ridgepoint
