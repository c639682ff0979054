// SPDX-License-Identifier: GPL-3.0-or-later
// RunDetails: one run in full: what it was, its cases with outcomes and reasons, one of them as
// `ridgepoint show RUN/CASE` prints it, and where the time of its traced passes went: all of it, or
// within the range that was chosen in the timeline.
#pragma once

#include <QWidget>

#include "dashboard/models/case_table_model.h"
#include "dashboard/models/range_table.h"

class QLabel;
class QPlainTextEdit;
class QPushButton;
class QTableView;
class QTabWidget;

namespace ridgepoint {

class RunDetails : public QWidget {
  Q_OBJECT
 public:
  explicit RunDetails(Session& session, QWidget* parent = nullptr);
  void show_place();
  [[nodiscard]] QTableView* table() const { return table_; }
  [[nodiscard]] const CaseTableModel& cases() const { return *cases_; }
  [[nodiscard]] QString report() const;
  [[nodiscard]] QTabWidget* tabs() const { return tabs_; }
  [[nodiscard]] const RangeTable& ops() const { return *ops_; }
  /// What the table of ops is of, or why it is empty.
  [[nodiscard]] QString ops_say() const;

 private:
  void show_case(int row);
  void show_ops();

  Session& session_;
  CaseTableModel* cases_;
  QLabel* head_;
  QPushButton* pin_;
  QPushButton* compare_;
  QTableView* table_;
  QPlainTextEdit* report_;
  QTabWidget* tabs_;
  QLabel* ops_say_;
  RangeTable* ops_;
  QTableView* ops_table_;
  const Record* record_ = nullptr;  ///< of the run of the place; null: none is chosen
  bool showing_ = false;
};

}  // namespace ridgepoint
