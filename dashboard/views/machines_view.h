// SPDX-License-Identifier: GPL-3.0-or-later
// MachinesView: what runs were measured on and built with, side by side.
#pragma once

#include "dashboard/models/ceiling_table.h"
#include "dashboard/models/environments.h"
#include "dashboard/views/view.h"

class QCheckBox;
class QLabel;
class QTabWidget;
class QTableView;

namespace ridgepoint {

class ProgramText;

class MachinesView : public View {
  Q_OBJECT
 public:
  explicit MachinesView(Session& session, QWidget* parent = nullptr);

  [[nodiscard]] std::vector<QStringList> rows() const override;
  [[nodiscard]] QString command_line() const override;
  [[nodiscard]] QString range_here() const override;
  [[nodiscard]] QWidget* first_focus() override;
  [[nodiscard]] std::map<QString, QString> settings() const override;
  [[nodiscard]] const EnvironmentTable& model() const { return *model_; }
  [[nodiscard]] QCheckBox* only_differing() const { return only_differing_; }
  [[nodiscard]] const CeilingTable& ceilings() const { return *ceilings_; }
  [[nodiscard]] QTabWidget* tabs() const { return tabs_; }
  [[nodiscard]] QTableView* table() const { return table_; }
  [[nodiscard]] ProgramText* passport() const { return passports_.front(); }
  /// Those that are shown side by side: the newest of each environment.
  [[nodiscard]] std::vector<ProgramText*> passports() const;

 protected:
  void show_place() override;
  void apply_settings(const std::map<QString, QString>& settings) override;

 private:
  void show_ceilings();
  /// A column stands for a run: the one with these ceilings, the newest with this environment.
  void choose_run_of(const QTableView& table, int column);
  static void choose_column(QTableView& table, int column);
  void show_passport();

  EnvironmentTable* model_;
  CeilingTable* ceilings_;
  QCheckBox* only_differing_;
  QLabel* summary_;
  QTableView* table_;
  QTableView* ceiling_table_;
  QLabel* no_ceilings_;
  QWidget* passport_page_;
  std::vector<ProgramText*> passports_;  ///< the first few are in use
  std::size_t passports_shown_ = 1;
  QTabWidget* tabs_;
  bool showing_ = false;
};

}  // namespace ridgepoint
