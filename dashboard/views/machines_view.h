// SPDX-License-Identifier: GPL-3.0-or-later
// MachinesView: what runs were measured on and built with, side by side.
#pragma once

#include "dashboard/models/environments.h"
#include "dashboard/views/view.h"

class QCheckBox;
class QLabel;
class QTableView;

namespace ridgepoint {

class MachinesView : public View {
  Q_OBJECT
 public:
  explicit MachinesView(Session& session, QWidget* parent = nullptr);

  [[nodiscard]] std::vector<QStringList> rows() const override;
  [[nodiscard]] QString command_line() const override;
  [[nodiscard]] QWidget* first_focus() override;
  [[nodiscard]] const EnvironmentTable& model() const { return *model_; }
  [[nodiscard]] QCheckBox* only_differing() const { return only_differing_; }

 protected:
  void show_place() override;

 private:
  EnvironmentTable* model_;
  QCheckBox* only_differing_;
  QLabel* summary_;
  QTableView* table_;
};

}  // namespace ridgepoint
