// SPDX-License-Identifier: GPL-3.0-or-later
// EnvironmentTable: machines and builds side by side: a row a fact, a column an environment, newest
// first; all facts, or only those that differ.
#pragma once

#include <string>
#include <vector>

#include "dashboard/models/cell_table.h"
#include "dashboard/models/run_list.h"

namespace ridgepoint {

class EnvironmentTable : public CellTable {
  Q_OBJECT
 public:
  explicit EnvironmentTable(QObject* parent = nullptr) : CellTable(parent) {}

  /// At most `most` environments, those of the newest runs. What differs from the environment of
  /// the baseline (a run; empty: none) stands out.
  void show(const RunList& runs, bool only_differing, const std::string& baseline,
            std::size_t most = 12);
  [[nodiscard]] std::size_t left_out() const { return left_out_; }
  [[nodiscard]] std::size_t environments() const { return shown_.size(); }
  [[nodiscard]] std::string newest_run_at(int column) const;  ///< empty for the first
  /// -1 where it is not shown.
  [[nodiscard]] int column_of(const std::string& environment_hash) const;

 protected:
  [[nodiscard]] std::size_t row_count() const override;
  [[nodiscard]] std::size_t column_count() const override;
  [[nodiscard]] Heading heading(std::size_t column) const override;
  [[nodiscard]] QVariant cell(std::size_t row, std::size_t column, int role) const override;

 private:
  struct Shown {
    std::string hash, machine, newest_run;
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
  std::size_t reference_ = 0;  ///< column of the baseline's environment; 0: none
};

}  // namespace ridgepoint
