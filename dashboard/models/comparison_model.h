// SPDX-License-Identifier: GPL-3.0-or-later
// ComparisonModel: the rows of a comparison, a case and a metric each, worst first.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dashboard/models/cell_table.h"
#include "dashboard/models/session.h"
#include "dashboard/models/tone.h"

namespace ridgepoint {

/// What a painter needs to draw a ratio with its interval, as logarithms: 0 is no difference.
struct RatioMark {
  double middle = 0;
  double low = 0, high = 0;  ///< of the interval
  double threshold = 0;      ///< differences within +- this do not matter
  double reach = 0;          ///< what the column spans to either side, over all rows
  bool certain = false;      ///< whether there is an interval
  Verdict verdict = Verdict::undecided;
};

/// Without its reach, which is of all rows.
RatioMark mark_of(const ComparisonRow& row, double threshold);
/// Nobody reads these one by one as long as they are within tolerance.
bool is_quiet(const ComparisonRow& row);
/// The smallest comes first.
int urgency(const ComparisonRow& row);
inline constexpr int kLeastUrgent = 5;
Tone tone_of(Verdict verdict);

class ComparisonModel : public CellTable {
  Q_OBJECT
 public:
  enum Column {
    name,
    metric,
    value_a,
    value_b,
    change,
    interval,
    verdict,
    memory,   ///< beside speed, of the same case
    quality,  ///< beside speed, of the same model as that case has it
    judged_by,
    count
  };
  enum Role { mark_role = Qt::UserRole, case_hash_role, metric_role, verdict_role };

  explicit ComparisonModel(QObject* parent = nullptr) : CellTable(parent) {}

  void show(std::shared_ptr<const Compared> compared);
  /// Rows that the overall verdict does not ask for (memory, exactness) are left out unless this is
  /// on.
  void show_all(bool all);
  [[nodiscard]] const ComparisonRow* at(int row) const;
  /// The first row of the case (and metric, where one is given); -1 where there is none.
  [[nodiscard]] int row_of(const std::string& case_hash, const std::string& of_metric) const;
  [[nodiscard]] std::size_t left_out() const { return left_out_; }
  /// Whether any row says something in this column: memory or quality.
  [[nodiscard]] bool has_beside(Column column) const;

 protected:
  [[nodiscard]] std::size_t row_count() const override;
  [[nodiscard]] std::size_t column_count() const override;
  [[nodiscard]] Heading heading(std::size_t column) const override;
  [[nodiscard]] QVariant cell(std::size_t row, std::size_t column, int role) const override;

 private:
  struct Row {
    const ComparisonRow* found = nullptr;
    std::vector<std::string> cells;
    std::string hash;
    RatioMark mark;
    QStringList brief{};  ///< names of the case where there is little room
    /// Beside a speed; null: not known, or the row is of it itself.
    const ComparisonRow* memory = nullptr;
    const ComparisonRow* quality = nullptr;
  };
  void arrange();
  /// What stands beside the speeds of each case, on the first row of it.
  void set_beside();

  std::shared_ptr<const Compared> compared_;
  bool all_ = false;
  std::size_t left_out_ = 0;
  std::vector<Row> rows_;
};

}  // namespace ridgepoint

Q_DECLARE_METATYPE(ridgepoint::RatioMark)
