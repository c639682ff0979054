// SPDX-License-Identifier: GPL-3.0-or-later
// IntervalDelegate: a ratio with its interval, drawn into a cell: no difference in the middle, the
// band that does not matter around it, worse and better by colour.
#pragma once

#include <QStyledItemDelegate>

namespace ridgepoint {

class IntervalDelegate : public QStyledItemDelegate {
  Q_OBJECT
 public:
  /// Whether the cell's text stands beside the drawing: for tables with a column of ratios each.
  enum class Text { none, beside };

  explicit IntervalDelegate(Text text, QObject* parent = nullptr)
      : QStyledItemDelegate(parent), text_(text) {}
  void paint(QPainter* painter, const QStyleOptionViewItem& option,
             const QModelIndex& index) const override;
  [[nodiscard]] QSize sizeHint(const QStyleOptionViewItem& option,
                               const QModelIndex& index) const override;

 private:
  Text text_;
};

}  // namespace ridgepoint
