// SPDX-License-Identifier: GPL-3.0-or-later
// CompareView: A against B, or against several, verdict first; each case and metric with its ratio
// and interval, the distributions of the chosen one over each other, why it differs, and what
// differs in environment. The arithmetic and the words are those of `ridgepoint compare`.
#pragma once

#include "dashboard/models/candidates_model.h"
#include "dashboard/models/comparison_model.h"
#include "dashboard/models/op_difference_table.h"
#include "dashboard/views/view.h"

class QCheckBox;
class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QPushButton;
class QTabWidget;
class QTableView;
class QTableWidget;

namespace ridgepoint {

class TwoSidesChart;

class CompareView : public View {
  Q_OBJECT
 public:
  explicit CompareView(Session& session, QWidget* parent = nullptr);

  [[nodiscard]] std::vector<QStringList> rows() const override;
  [[nodiscard]] QString command_line() const override;
  [[nodiscard]] QString range_here() const override;
  [[nodiscard]] std::vector<Chart*> charts() const override;
  [[nodiscard]] QWidget* first_focus() override;
  [[nodiscard]] std::map<QString, QString> settings() const override;
  [[nodiscard]] std::vector<std::pair<QString, QString>> keys() const override;

  [[nodiscard]] QString verdict() const;
  [[nodiscard]] QTableView* table() const { return table_; }
  [[nodiscard]] const ComparisonModel& model() const { return *model_; }
  /// Where there are several candidates, in place of table().
  [[nodiscard]] QTableView* candidates_table() const { return candidates_table_; }
  [[nodiscard]] const CandidatesModel& candidates() const { return *candidates_; }
  [[nodiscard]] QString facts() const;
  [[nodiscard]] QTableWidget* environment() const { return environment_; }
  [[nodiscard]] QString why() const;
  /// Where the difference of the chosen row lies, op by op.
  [[nodiscard]] const OpDifferenceTable& ops() const { return *ops_; }
  [[nodiscard]] QTableView* ops_table() const { return ops_table_; }
  [[nodiscard]] QString ops_say() const;
  [[nodiscard]] QLineEdit* side_box(bool a) const { return a ? a_ : b_; }

 protected:
  void show_place() override;
  void apply_settings(const std::map<QString, QString>& settings) override;

 private:
  void take_sides();
  void swap_sides();
  void show_pair();
  void show_candidates();
  void show_problem(const QString& problem);
  void show_verdict(const QString& text, const QColor& colour);
  /// What was found of a chosen case and metric, in detail; null: nothing is chosen.
  void show_finding(const Compared* compared, const ComparisonRow* chosen,
                    const QString& name_a = "A", const QString& name_b = "B");
  void show_ops(const Record* a, const Record* b, const std::string& metric);
  void choose(const QModelIndex& index);
  [[nodiscard]] QString title_of(const std::string& side) const;
  void show_environment(const Comparison& comparison);
  void show_facts(const Comparison& comparison);

  ComparisonModel* model_;
  CandidatesModel* candidates_;
  QLineEdit* a_;
  QLineEdit* b_;
  QPushButton* swap_;
  QCheckBox* all_;
  QLabel* verdict_;
  QLabel* facts_;
  QTableView* table_;
  QTableView* candidates_table_;
  QTabWidget* below_;
  QPlainTextEdit* why_;
  OpDifferenceTable* ops_;
  QLabel* ops_say_;
  QTableView* ops_table_;
  QTableWidget* environment_;
  QPlainTextEdit* notes_;
  TwoSidesChart* ecdf_;
  TwoSidesChart* percentiles_;
  std::shared_ptr<const ManyCompared> shown_many_;
  bool showing_ = false;
};

}  // namespace ridgepoint
