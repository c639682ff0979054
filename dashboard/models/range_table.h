// SPDX-License-Identifier: GPL-3.0-or-later
// RangeTable: what ran within a stretch of a trace: each op with how often and how long.
#pragma once

#include <QAbstractTableModel>
#include <memory>
#include <string>
#include <vector>

#include "dashboard/models/traced_record.h"

namespace ridgepoint {

class RangeTable : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Column { op, times, total, mean, share, count };

  explicit RangeTable(QObject* parent = nullptr) : QAbstractTableModel(parent) {}

  /// Null: nothing.
  void show(std::shared_ptr<const TracedRecord> traced, std::int64_t from_ns, std::int64_t to_ns);
  [[nodiscard]] std::string op_at(int row) const;
  [[nodiscard]] int row_of(const std::string& op_id) const;  ///< -1 where it did not run
  [[nodiscard]] std::int64_t busy_ns() const { return busy_ns_; }
  [[nodiscard]] std::int64_t spans() const { return spans_; }

  [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
  [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                    int role) const override;

 private:
  std::shared_ptr<const TracedRecord> traced_;
  std::vector<RangeOp> ops_;
  std::int64_t length_ns_ = 0, busy_ns_ = 0, spans_ = 0;
};

}  // namespace ridgepoint
