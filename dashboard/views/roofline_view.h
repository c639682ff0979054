// SPDX-License-Identifier: GPL-3.0-or-later
// RooflineView: the ops of one case under the roofs of its machine, against the baseline's, within
// the range of the timeline where one is chosen.
#pragma once

#include <memory>

#include "dashboard/models/roofline_table.h"
#include "dashboard/views/view.h"

class QCheckBox;
class QComboBox;
class QLabel;
class QTableView;

namespace ridgepoint {

class RooflineChart;

class RooflineView : public View {
  Q_OBJECT
 public:
  explicit RooflineView(Session& session, QWidget* parent = nullptr);

  [[nodiscard]] std::vector<QStringList> rows() const override;
  [[nodiscard]] QString command_line() const override;
  [[nodiscard]] QString range_here() const override;
  [[nodiscard]] std::vector<Chart*> charts() const override;
  [[nodiscard]] QWidget* first_focus() override;
  [[nodiscard]] std::map<QString, QString> settings() const override;
  [[nodiscard]] std::vector<std::pair<QString, QString>> keys() const override;

  [[nodiscard]] RooflineChart* chart() const { return chart_; }
  [[nodiscard]] QTableView* table() const { return table_; }
  [[nodiscard]] const RooflineTable& model() const { return *model_; }
  [[nodiscard]] QCheckBox* layers_together() const { return together_; }
  [[nodiscard]] QComboBox* cases() const { return cases_; }
  [[nodiscard]] QString summary() const;

 protected:
  void show_place() override;
  void apply_settings(const std::map<QString, QString>& settings) override;

 private:
  void summarise(const ProfiledRecord& profiled, const QString& baseline_problem);
  void choose_op(const RooflinePoint& point);

  QComboBox* cases_;
  QCheckBox* together_;
  QLabel* summary_;
  RooflineChart* chart_;
  RooflineTable* model_;
  QTableView* table_;
  std::shared_ptr<const RooflineScene> scene_;
  // What the scene was made of.
  std::shared_ptr<const ProfiledRecord> made_of_, made_against_;
  bool made_together_ = false;
  std::string run_id_;
  std::int64_t ordinal_ = 0;
  bool showing_ = false;
};

}  // namespace ridgepoint
