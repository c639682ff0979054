// SPDX-License-Identifier: GPL-3.0-or-later
// RunDetails: one run in full: what it was, its cases with outcomes and reasons, and one of them as
// `ridgepoint show RUN/CASE` prints it.
#pragma once

#include <QWidget>

#include "dashboard/models/case_table_model.h"

class QLabel;
class QPlainTextEdit;
class QPushButton;
class QTableView;

namespace ridgepoint {

class RunDetails : public QWidget {
  Q_OBJECT
 public:
  explicit RunDetails(Session& session, QWidget* parent = nullptr);
  void show_place();
  [[nodiscard]] QTableView* table() const { return table_; }
  [[nodiscard]] const CaseTableModel& cases() const { return *cases_; }
  [[nodiscard]] QString report() const;

 private:
  void show_case(int row);

  Session& session_;
  CaseTableModel* cases_;
  QLabel* head_;
  QPushButton* pin_;
  QPushButton* compare_;
  QTableView* table_;
  QPlainTextEdit* report_;
  bool showing_ = false;
};

}  // namespace ridgepoint
