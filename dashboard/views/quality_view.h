// SPDX-License-Identifier: GPL-3.0-or-later
// QualityView: quality against speed of the variants of a model, with a budget.
#pragma once

#include "dashboard/models/variants.h"
#include "dashboard/views/view.h"

class QComboBox;
class QDoubleSpinBox;
class QLabel;

namespace ridgepoint {

class FrontChart;

class QualityView : public View {
  Q_OBJECT
 public:
  explicit QualityView(Session& session, QWidget* parent = nullptr);

  [[nodiscard]] std::vector<QStringList> rows() const override;
  [[nodiscard]] QString command_line() const override;
  [[nodiscard]] QString range_here() const override;
  [[nodiscard]] std::vector<Chart*> charts() const override;
  [[nodiscard]] QWidget* first_focus() override;
  [[nodiscard]] std::map<QString, QString> settings() const override;
  [[nodiscard]] FrontChart* chart() const { return chart_; }
  [[nodiscard]] QString summary() const;
  [[nodiscard]] QDoubleSpinBox* budget() const { return budget_; }
  [[nodiscard]] QDoubleSpinBox* memory_budget() const { return memory_; }

 protected:
  void show_place() override;
  void apply_settings(const std::map<QString, QString>& settings) override;

 private:
  void summarise();
  [[nodiscard]] VariantBudget wanted() const;

  QComboBox* scenario_;
  QComboBox* metric_;
  QDoubleSpinBox* budget_;
  QDoubleSpinBox* memory_;  ///< MB
  QLabel* summary_;
  FrontChart* chart_;
  Variants variants_;
  bool showing_ = false;
};

}  // namespace ridgepoint
