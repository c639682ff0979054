// SPDX-License-Identifier: GPL-3.0-or-later
// RooflineTable: the points of a roofline as rows, those without a place under the roofs included.
#pragma once

#include <QAbstractTableModel>
#include <memory>
#include <string>

#include "dashboard/models/roofline_scene.h"

namespace ridgepoint {

class RooflineTable : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Column { phase, op, time, share, change, intensity, attained, of_roof, bound, count };

  explicit RooflineTable(QObject* parent = nullptr) : QAbstractTableModel(parent) {}

  void show(std::shared_ptr<const RooflineScene> scene);
  /// -1 where there is none.
  [[nodiscard]] int row_of(const std::string& phase, const std::string& op_id) const;

  [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
  [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                    int role) const override;

 private:
  [[nodiscard]] QString cell(const RooflinePoint& point, int column) const;
  /// Of the time against the baseline; nothing where there is none.
  [[nodiscard]] std::optional<double> ratio(const RooflinePoint& point) const;

  std::shared_ptr<const RooflineScene> scene_;
};

}  // namespace ridgepoint
