// SPDX-License-Identifier: GPL-3.0-or-later
// CaseTableModel: the cases of one run, measured or not, with what came out, why not, and how that
// stands to the pinned baseline.
#pragma once

#include <QAbstractTableModel>
#include <memory>
#include <string>
#include <vector>

#include "dashboard/models/session.h"
#include "dashboard/models/tone.h"

namespace ridgepoint {

class CaseTableModel : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Column { ordinal, name, change, outcome, figures, precision, reason, count };
  enum Role { case_hash_role = Qt::UserRole, record_id_role };

  explicit CaseTableModel(QObject* parent = nullptr) : QAbstractTableModel(parent) {}

  /// Null: no cases. `compared` may be null; only its rows about records of this run count.
  void show(std::shared_ptr<const RunWithRecords> run, std::shared_ptr<const Compared> compared);
  [[nodiscard]] const Record* record(int row) const;
  /// -1 where the run has no such case.
  [[nodiscard]] int row_of(const std::string& case_hash) const;

  [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
  [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                    int role) const override;

 private:
  struct Row {
    std::int64_t ordinal = 0;
    std::string name, hash;
    const Record* record = nullptr;  ///< null: not measured
    QString change;                  ///< against the baseline
    Tone change_tone = Tone::plain;
  };
  [[nodiscard]] static QString figures_of(const Record& record);
  [[nodiscard]] QString cell(const Row& row, int column) const;
  [[nodiscard]] static Tone tone(const Row& row, int column);

  std::shared_ptr<const RunWithRecords> run_;
  std::vector<Row> rows_;
};

}  // namespace ridgepoint
