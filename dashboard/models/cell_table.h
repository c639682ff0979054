// SPDX-License-Identifier: GPL-3.0-or-later
// CellTable: cells under declared headings: what our table models share. A model says how many rows
// and columns it has, what a column is called and what a cell shows; what Qt asks beside that
// follows.
#pragma once

#include <QAbstractTableModel>

namespace ridgepoint {

struct Heading {
  QString title;
  QString meaning;  ///< for the tooltip; may be empty
};

class CellTable : public QAbstractTableModel {
  Q_OBJECT
 public:
  using QAbstractTableModel::QAbstractTableModel;

  [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const final;
  [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const final;
  [[nodiscard]] QVariant data(const QModelIndex& index, int role) const final;
  [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const final;

 protected:
  [[nodiscard]] virtual std::size_t row_count() const = 0;
  [[nodiscard]] virtual std::size_t column_count() const = 0;
  [[nodiscard]] virtual Heading heading(std::size_t column) const = 0;
  /// Only asked within the table.
  [[nodiscard]] virtual QVariant cell(std::size_t row, std::size_t column, int role) const = 0;

  /// Of Qt::TextAlignmentRole.
  [[nodiscard]] static QVariant aligned(bool to_the_right);
};

}  // namespace ridgepoint
