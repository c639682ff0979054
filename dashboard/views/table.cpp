// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/views/table.h"

#include <QHeaderView>
#include <algorithm>

#include "dashboard/charts/theme.h"

namespace ridgepoint {

QColor colour_of(Tone tone, const QPalette& palette) {
  const Theme& theme = theme_of(palette);
  switch (tone) {
    case Tone::muted:
      return theme.muted;
    case Tone::good:
      return theme.good;
    case Tone::warning:
      return theme.warning;
    case Tone::bad:
      return theme.bad;
    case Tone::plain:
      break;
  }
  return theme.text;
}

void ToneDelegate::initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const {
  QStyledItemDelegate::initStyleOption(option, index);
  if (index.data(kHeadingRole).toBool()) {
    option->font.setBold(true);
    option->backgroundBrush = theme_of(option->palette).raised;
    return;
  }
  const QVariant tone = index.data(kToneRole);
  if (tone.isValid()) {
    option->palette.setColor(QPalette::Text,
                             colour_of(static_cast<Tone>(tone.toInt()), option->palette));
  }
}

QTableView* make_table(const QString& accessible_name, QAbstractItemModel* model, QWidget* parent) {
  auto* table = new QTableView(parent);
  table->setModel(model);
  table->setAccessibleName(accessible_name);
  table->setItemDelegate(new ToneDelegate(table));
  table->setSelectionBehavior(QAbstractItemView::SelectRows);
  table->setSelectionMode(QAbstractItemView::SingleSelection);
  table->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
  table->setShowGrid(false);
  table->setWordWrap(false);
  table->setTabKeyNavigation(false);
  table->setFrameShape(QFrame::NoFrame);
  table->verticalHeader()->hide();
  table->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
  table->verticalHeader()->setDefaultSectionSize(table->fontMetrics().height() + 8);
  QHeaderView* heading = table->horizontalHeader();
  heading->setHighlightSections(false);
  heading->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  heading->setStretchLastSection(true);
  heading->setMinimumSectionSize(36);
  heading->setResizeContentsPrecision(60);
  return table;
}

void fit_columns(QTableView& table, int most) {
  table.resizeColumnsToContents();
  const int columns = table.model()->columnCount();
  for (int column = 0; column < columns; ++column) {
    table.setColumnWidth(column, std::min(table.columnWidth(column) + 6, most));
  }
}

}  // namespace ridgepoint
