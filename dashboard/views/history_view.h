// SPDX-License-Identifier: GPL-3.0-or-later
// HistoryView: one metric of one case over its runs, and where its level changed, as
// `ridgepoint history` finds it, with what a replay that is stored said of each change. To replay
// one is for that command: it needs the repository.
#pragma once

#include <map>
#include <memory>

#include "dashboard/views/view.h"
#include "results/history/history.h"

class QComboBox;
class QLabel;
class QLineEdit;
class QListWidget;
class QPlainTextEdit;

namespace ridgepoint {

class HistoryChart;

class HistoryView : public View {
  Q_OBJECT
 public:
  explicit HistoryView(Session& session, QWidget* parent = nullptr);

  [[nodiscard]] std::vector<QStringList> rows() const override;
  [[nodiscard]] QString command_line() const override;
  [[nodiscard]] QString range_here() const override;
  [[nodiscard]] std::vector<Chart*> charts() const override;
  [[nodiscard]] QWidget* first_focus() override;

  [[nodiscard]] QString headline() const;
  [[nodiscard]] QString subject() const;
  [[nodiscard]] HistoryChart* chart() const { return chart_; }
  [[nodiscard]] QListWidget* cases() const { return cases_; }
  [[nodiscard]] QComboBox* metrics() const { return metrics_; }

 protected:
  void show_place() override;

 private:
  void read_cases();
  [[nodiscard]] QString against_baseline() const;
  void filter_cases(const QString& text);
  /// Where nobody chose a case: the model case with the most values, else any with the most.
  [[nodiscard]] std::size_t case_to_begin_with(const HistoryQuery& query) const;
  void show_case(const HistoryQuery& query, const MeasuredCase& chosen);

  QLineEdit* search_;
  QListWidget* cases_;
  QComboBox* metrics_;
  QLabel* headline_;
  QLabel* subject_;
  HistoryChart* chart_;
  QPlainTextEdit* changes_;
  std::int64_t cases_of_ = -1;  ///< generation of the session
  std::vector<MeasuredCase> measured_;
  std::shared_ptr<const History> shown_;
  std::string shown_key_;
  bool showing_ = false;
};

}  // namespace ridgepoint
