// SPDX-License-Identifier: GPL-3.0-or-later
// RunsView: every run of the database, searched and grouped; the chosen one in full below.
#pragma once

#include "dashboard/models/run_table_model.h"
#include "dashboard/views/view.h"

class QComboBox;
class QLabel;
class QLineEdit;
class QMenu;
class QTableView;

namespace ridgepoint {

class MarkEditor;
class RunDetails;

class RunsView : public View {
  Q_OBJECT
 public:
  explicit RunsView(Session& session, QWidget* parent = nullptr);

  [[nodiscard]] std::vector<QStringList> rows() const override;
  [[nodiscard]] QString command_line() const override;
  [[nodiscard]] QString range_here() const override;
  [[nodiscard]] QWidget* first_focus() override;
  [[nodiscard]] std::map<QString, QString> settings() const override;
  [[nodiscard]] std::vector<std::pair<QString, QString>> keys() const override;

  [[nodiscard]] QLineEdit* search_box() const { return search_; }
  [[nodiscard]] QTableView* table() const { return table_; }
  [[nodiscard]] const RunTableModel& model() const { return *model_; }
  [[nodiscard]] RunDetails& details() const { return *details_; }
  [[nodiscard]] MarkEditor& mark_editor() const { return *marks_; }
  /// What can be done with the chosen run.
  [[nodiscard]] QMenu* run_menu();
  void group_by(RunTableModel::Grouping grouping);

 protected:
  void show_place() override;
  void apply_settings(const std::map<QString, QString>& settings) override;
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void search(const QString& text);
  void say_how_many(const QString& problem);
  void mark_headings();
  void sort_by_next(bool other_way);
  void show_marked_columns();
  void compare_with_baseline();

  RunTableModel* model_;
  QLineEdit* search_;
  QComboBox* grouping_;
  QLabel* found_;
  QLabel* problem_;  ///< with what is searched for
  QTableView* table_;
  MarkEditor* marks_;
  RunDetails* details_;
  SharedRuns shown_;
  QString searched_;
  bool fitted_ = false;
  bool showing_ = false;
};

}  // namespace ridgepoint
