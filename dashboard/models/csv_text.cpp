// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/models/csv_text.h"

#include <utility>

namespace ridgepoint {
namespace {

QString csv_cell(QString cell) {
  const bool plain =
      !cell.contains(',') && !cell.contains('"') && !cell.contains('\n') && !cell.contains('\r');
  if (plain) return cell;
  return '"' + cell.replace('"', "\"\"") + '"';
}

}  // namespace

QString csv_text(const std::vector<QStringList>& rows) {
  QString text;
  for (const QStringList& row : rows) {
    QStringList cells;
    for (const QString& cell : row) cells.append(csv_cell(cell));
    text += cells.join(',') + "\r\n";
  }
  return text;
}

std::vector<QStringList> rows_of(const QAbstractItemModel& model) {
  std::vector<QStringList> rows;
  QStringList heading;
  for (int column = 0; column < model.columnCount(); ++column) {
    heading.append(model.headerData(column, Qt::Horizontal).toString());
  }
  rows.push_back(std::move(heading));
  for (int row = 0; row < model.rowCount(); ++row) {
    QStringList cells;
    for (int column = 0; column < model.columnCount(); ++column) {
      cells.append(model.index(row, column).data().toString());
    }
    rows.push_back(std::move(cells));
  }
  return rows;
}

}  // namespace ridgepoint
