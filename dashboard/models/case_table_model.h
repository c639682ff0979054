// SPDX-License-Identifier: GPL-3.0-or-later
// CaseTableModel: the cases of one run, measured or not, with what came out, why not, and how that
// stands to the pinned baseline.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "dashboard/models/cell_table.h"
#include "dashboard/models/session.h"
#include "dashboard/models/tone.h"

namespace ridgepoint {

class CaseTableModel : public CellTable {
  Q_OBJECT
 public:
  enum Column { ordinal, name, change, outcome, figures, precision, reason, count };
  enum Role { case_hash_role = Qt::UserRole, record_id_role };

  explicit CaseTableModel(QObject* parent = nullptr) : CellTable(parent) {}

  /// Null: no cases. `compared` may be null; only its rows about records of this run count.
  void show(std::shared_ptr<const RunWithRecords> run, std::shared_ptr<const Compared> compared);
  [[nodiscard]] const Record* record(int row) const;
  /// -1 where the run has no such case.
  [[nodiscard]] int row_of(const std::string& case_hash) const;

 protected:
  [[nodiscard]] std::size_t row_count() const override;
  [[nodiscard]] std::size_t column_count() const override;
  [[nodiscard]] Heading heading(std::size_t column) const override;
  [[nodiscard]] QVariant cell(std::size_t row, std::size_t column, int role) const override;

 private:
  struct Row {
    std::int64_t ordinal = 0;
    std::string name, hash;
    const Record* record = nullptr;  ///< null: not measured
    QString change;                  ///< against the baseline
    Tone change_tone = Tone::plain;
    QStringList brief{};  ///< names where there is little room
  };
  [[nodiscard]] static QString figures_of(const Record& record);
  [[nodiscard]] static QString text_of(const Row& row, std::size_t column);
  [[nodiscard]] static Tone tone(const Row& row, std::size_t column);

  std::shared_ptr<const RunWithRecords> run_;
  std::vector<Row> rows_;
};

}  // namespace ridgepoint
