// SPDX-License-Identifier: GPL-3.0-or-later
// CeilingTable: what machines can do at the most, side by side: a row a ceiling, a column a run of
// `ridgepoint roofline`, newest first, each with its interval.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "dashboard/models/cell_table.h"
#include "dashboard/models/run_list.h"

namespace ridgepoint {

class CeilingTable : public CellTable {
  Q_OBJECT
 public:
  explicit CeilingTable(QObject* parent = nullptr) : CellTable(parent) {}

  /// Of the newest `most` finished runs of the suite. What the machine of the baseline (a run;
  /// empty: none) can do is what the others are set against: the baseline itself where it holds
  /// ceilings, else the newest of its machine.
  void show(const std::filesystem::path& path, const RunList& runs, const StoreOptions& options,
            const std::string& baseline, std::size_t most = 6);
  [[nodiscard]] std::string run_at(int column) const;            ///< empty for the first
  [[nodiscard]] int column_of(const std::string& run_id) const;  ///< -1 where it is not shown

 protected:
  [[nodiscard]] std::size_t row_count() const override;
  [[nodiscard]] std::size_t column_count() const override;
  [[nodiscard]] Heading heading(std::size_t column) const override;
  [[nodiscard]] QVariant cell(std::size_t row, std::size_t column, int role) const override;

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
  [[nodiscard]] const Cell* found_at(std::size_t row, std::size_t column) const;
  /// Against the ceilings of the baseline's machine; null without those, and of themselves.
  [[nodiscard]] const Cell* reference_for(std::size_t row, std::size_t column) const;

  std::vector<ShownRun> runs_;
  std::vector<std::string> names_;
  std::size_t reference_ = 0;  ///< column of the baseline's machine; 0: none
};

}  // namespace ridgepoint
