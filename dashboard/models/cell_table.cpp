// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/models/cell_table.h"

#include "dashboard/models/text.h"

namespace ridgepoint {

int CellTable::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(row_count());
}

int CellTable::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(column_count());
}

QVariant CellTable::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  return cell(static_cast<std::size_t>(index.row()), static_cast<std::size_t>(index.column()),
              role);
}

QVariant CellTable::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || section < 0 || section >= columnCount()) return {};
  const Heading shown = heading(static_cast<std::size_t>(section));
  if (role == Qt::DisplayRole) return with_plain_direction(shown.title);
  if (role == Qt::ToolTipRole && !shown.meaning.isEmpty()) return shown.meaning;
  return {};
}

QVariant CellTable::aligned(bool to_the_right) {
  return static_cast<int>((to_the_right ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
}

}  // namespace ridgepoint
