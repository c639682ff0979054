// SPDX-License-Identifier: GPL-3.0-or-later
// CeilingTable: what machines can do at the most, side by side: a row a ceiling, a column a run of
// `ridgepoint roofline`, newest first, each with its interval.
#pragma once

#include <QAbstractTableModel>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "dashboard/models/run_list.h"

namespace ridgepoint {

class CeilingTable : public QAbstractTableModel {
  Q_OBJECT
 public:
  explicit CeilingTable(QObject* parent = nullptr) : QAbstractTableModel(parent) {}

  /// Of the newest `most` finished runs of the suite; with `every_run` false, of one a machine.
  void show(const std::filesystem::path& path, const RunList& runs, const StoreOptions& options,
            bool every_run, std::size_t most = 6);
  [[nodiscard]] std::string run_at(int column) const;  ///< empty for the first

  [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
  [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                    int role) const override;

 private:
  struct Cell {
    double value = 0, low = 0, high = 0;
    std::string unit;
    std::string absent;  ///< why there is none
  };
  struct ShownRun {
    std::string id, title, machine;
    std::map<std::string, Cell> cells;  ///< by name of the ceiling
  };
  [[nodiscard]] const Cell* cell(const QModelIndex& index) const;

  std::vector<ShownRun> runs_;
  std::vector<std::string> names_;
};

}  // namespace ridgepoint
