// SPDX-License-Identifier: GPL-3.0-or-later
// EnvironmentTable: machines and builds side by side: a row a fact, a column an environment, newest
// first; all facts, or only those that differ.
#pragma once

#include <QAbstractTableModel>
#include <string>
#include <vector>

#include "dashboard/models/run_list.h"

namespace ridgepoint {

class EnvironmentTable : public QAbstractTableModel {
  Q_OBJECT
 public:
  explicit EnvironmentTable(QObject* parent = nullptr) : QAbstractTableModel(parent) {}

  /// At most `most` environments, those of the newest runs.
  void show(const RunList& runs, bool only_differing, std::size_t most = 12);
  [[nodiscard]] std::size_t left_out() const { return left_out_; }
  /// Environments that are shown.
  [[nodiscard]] std::size_t columns() const { return shown_.size(); }

  [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
  [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                    int role) const override;

 private:
  struct Shown {
    std::string hash, machine;
    std::size_t runs = 0;
    std::int64_t newest_unix_ns = 0;
  };
  struct Fact {
    std::string key;
    std::vector<std::string> values;
    bool differs = false;
    bool of_machine = false;
  };
  std::vector<Shown> shown_;
  std::vector<Fact> facts_;
  std::size_t left_out_ = 0;
};

}  // namespace ridgepoint
