// SPDX-License-Identifier: GPL-3.0-or-later
// Tables as they look and behave in every view: whole rows chosen, tones as colours, long texts cut
// with dots and whole in the tooltip.
#pragma once

#include <QLabel>
#include <QStyledItemDelegate>
#include <QTableView>

#include "dashboard/models/tone.h"

namespace ridgepoint {

/// Room that a style leaves beside the text of a cell.
inline constexpr int kCellMargins = 8;

/// Colours cells by their tone; headings of groups stand out.
class ToneDelegate : public QStyledItemDelegate {
  Q_OBJECT
 public:
  using QStyledItemDelegate::QStyledItemDelegate;

  /// As it is shown in a cell so wide: briefer where the whole text has no room.
  static QString text_in(const QModelIndex& index, int width, const QFontMetrics& metrics);

  [[nodiscard]] QSize sizeHint(const QStyleOptionViewItem& option,
                               const QModelIndex& index) const override;

 protected:
  void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override;
};

QTableView* make_table(const QString& accessible_name, QAbstractItemModel* model, QWidget* parent);
/// Columns as wide as what stands in the first rows, at most `most` pixels each.
void fit_columns(QTableView& table, int most);
/// The same, and wider than `most` where the table has room for it, now and when it is resized.
void fit_columns_to_room(QTableView& table, int most);

/// From now on `column` gives way, down to `least` pixels, where all columns have no room beside
/// each other, so that none is cut off at the right.
void let_give_way(QTableView& table, int column, int least);

/// The page of a tab: what a table is of, in words, above the table.
QWidget* table_under_words(QLabel* words, const QString& accessible_name, QTableView* table);

QColor colour_of(Tone tone, const QPalette& palette);

}  // namespace ridgepoint
