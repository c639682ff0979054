// SPDX-License-Identifier: GPL-3.0-or-later
// WallView: walk into the memory wall: a model, a batch, a context, types and a machine, all on
// sliders, and what comes of it beside what was measured.
#pragma once

#include "dashboard/models/wall_forecast.h"
#include "dashboard/models/wall_records.h"
#include "dashboard/views/view.h"

class QComboBox;
class QLabel;
class QPushButton;
class QTableView;

namespace ridgepoint {

class StackedBars;
class StopSlider;
class SweepChart;
class WallChart;

class WallView : public View {
  Q_OBJECT
 public:
  explicit WallView(Session& session, QWidget* parent = nullptr);

  [[nodiscard]] std::vector<QStringList> rows() const override;
  [[nodiscard]] QString command_line() const override;
  [[nodiscard]] QString range_here() const override;
  [[nodiscard]] std::vector<Chart*> charts() const override;
  [[nodiscard]] QWidget* first_focus() override;
  [[nodiscard]] std::map<QString, QString> settings() const override;
  [[nodiscard]] QStringList setting_names() const override;
  [[nodiscard]] std::vector<std::pair<QString, QString>> keys() const override;

  [[nodiscard]] const WallQuestion& question() const { return question_; }
  [[nodiscard]] const WallAnswer& answer() const { return answer_; }
  [[nodiscard]] QString summary() const;
  [[nodiscard]] QComboBox* models() const { return model_; }
  [[nodiscard]] QComboBox* types() const { return type_; }
  [[nodiscard]] StopSlider* batch() const { return batch_; }
  [[nodiscard]] StopSlider* context() const { return context_; }
  [[nodiscard]] StopSlider* bandwidth() const { return bandwidth_; }
  [[nodiscard]] WallChart* chart() const { return chart_; }
  [[nodiscard]] StackedBars* bars() const { return bars_; }

 protected:
  void show_place() override;
  void apply_settings(const std::map<QString, QString>& settings) override;

 private:
  struct Choice {
    QString name;       ///< in the box
    std::string model;  ///< as cases name it
    std::string type;   ///< that it is stored in; empty: any
    ModelConfig shape;
  };
  void list_models();
  /// A model case that was chosen elsewhere: its model, types, batch and context.
  void follow_case();
  /// Of the chosen model and types, with what the baseline measured and what the range holds.
  void choose_speeds();
  [[nodiscard]] const Choice* chosen() const;
  [[nodiscard]] const WallFigures* engine() const;
  /// Bandwidth, arithmetic and memory of the machine whose ceilings are stored. Its bandwidth is
  /// that of the level that holds what a step walks through.
  void take_own_machine();
  void ask();
  void say_answer();

  WallRecords records_;
  WallForecast forecast_;
  WallQuestion question_;
  WallAnswer answer_;
  std::vector<Choice> choices_;
  std::vector<MeasuredSpeed> speeds_;  ///< of the chosen model and types
  std::int64_t read_generation_ = -1;
  std::string read_path_;
  bool has_machine_ = false;  ///< whether ceilings are stored
  bool ranged_ = false;       ///< whether a speed is of the range of the timeline
  std::string followed_;      ///< the case that was followed last
  bool is_own_ = true;        ///< until a slider of the machine is moved
  QString level_;             ///< that the bandwidth is of
  bool showing_ = false;

  QComboBox* model_;
  QComboBox* type_;
  QComboBox* kv_;
  StopSlider* batch_;
  StopSlider* context_;
  StopSlider* bandwidth_;
  StopSlider* arithmetic_;
  StopSlider* memory_;
  QPushButton* own_;
  QLabel* summary_;
  WallChart* chart_;
  StackedBars* bars_;
  SweepChart* sweep_;
  ElasticityTable* elasticities_;
  QTableView* table_;
  QLabel* no_elasticity_;
};

}  // namespace ridgepoint
