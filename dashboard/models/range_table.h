// SPDX-License-Identifier: GPL-3.0-or-later
// RangeTable: what ran within a stretch of a trace: each op with how often and how long, and how
// that stands to the trace of a baseline, phase by phase: a span of a prefill works on many tokens,
// one of a decode step on one.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "dashboard/models/cell_table.h"
#include "dashboard/models/traced_record.h"

namespace ridgepoint {

class RangeTable : public CellTable {
  Q_OBJECT
 public:
  enum Column { op, times, total, mean, change, share, count };

  explicit RangeTable(QObject* parent = nullptr) : CellTable(parent) {}

  /// Null: nothing; of the baseline: no change is shown.
  void show(std::shared_ptr<const TracedRecord> traced, std::int64_t from_ns, std::int64_t to_ns,
            std::shared_ptr<const TracedRecord> baseline = nullptr);
  [[nodiscard]] bool has_baseline() const { return baseline_ != nullptr; }
  [[nodiscard]] const TracedRecord* baseline() const { return baseline_.get(); }
  [[nodiscard]] std::string op_at(int row) const;
  [[nodiscard]] int row_of(const std::string& op_id) const;  ///< -1 where it did not run
  [[nodiscard]] std::int64_t busy_ns() const { return busy_ns_; }
  [[nodiscard]] std::int64_t spans() const { return spans_; }

 protected:
  [[nodiscard]] std::size_t row_count() const override;
  [[nodiscard]] std::size_t column_count() const override;
  [[nodiscard]] Heading heading(std::size_t column) const override;
  [[nodiscard]] QVariant cell(std::size_t row, std::size_t column, int role) const override;

 private:
  [[nodiscard]] const std::string& name_of(const RangeOp& each) const;
  /// The mean that as many spans of each phase would have as the op has here, had they taken as
  /// long as the baseline's; 0 where the baseline lacks one of these phases.
  [[nodiscard]] double baseline_mean(const RangeOp& each) const;

  std::shared_ptr<const TracedRecord> traced_, baseline_;
  /// ns of a span, by op id and phase.
  std::map<std::string, std::map<std::string, double>> baseline_means_;
  std::vector<RangeOp> ops_;
  std::int64_t length_ns_ = 0, busy_ns_ = 0, spans_ = 0;
};

}  // namespace ridgepoint
