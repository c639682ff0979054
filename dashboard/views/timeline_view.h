// SPDX-License-Identifier: GPL-3.0-or-later
// TimelineView: the spans that a traced case left, searched and measured; the range that is chosen
// here is what other views take times from.
#pragma once

#include <memory>
#include <optional>

#include "dashboard/models/range_table.h"
#include "dashboard/views/view.h"

class QComboBox;
class QLabel;
class QLineEdit;
class QTableView;

namespace ridgepoint {

class TimelineChart;

class TimelineView : public View {
  Q_OBJECT
 public:
  explicit TimelineView(Session& session, QWidget* parent = nullptr);

  [[nodiscard]] std::vector<QStringList> rows() const override;
  [[nodiscard]] QString command_line() const override;
  [[nodiscard]] QString range_here() const override;
  [[nodiscard]] QWidget* first_focus() override;
  [[nodiscard]] std::map<QString, QString> settings() const override;
  [[nodiscard]] std::vector<std::pair<QString, QString>> keys() const override;

  [[nodiscard]] TimelineChart* chart() const { return chart_; }
  [[nodiscard]] QComboBox* rows_box() const { return rows_; }
  [[nodiscard]] QLineEdit* search_box() const { return search_; }
  [[nodiscard]] const RangeTable& model() const { return *model_; }
  [[nodiscard]] QTableView* table() const { return table_; }
  [[nodiscard]] QString summary() const;
  /// To the next span that is looked for, or back to the one before.
  void step(bool forward);

 protected:
  void show_place() override;
  void apply_settings(const std::map<QString, QString>& settings) override;
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void search(const QString& text);
  void highlight();
  /// `moved`: an end of the one that is chosen, which is no place of its own.
  void choose_range(qint64 from_ns, qint64 to_ns, bool moved = false);
  void arrange_rows();
  void choose_span(const TimelineSpan& span);
  void show_range();
  void summarise();

  /// What the chart shows: the spans by thread and stream, or by op.
  [[nodiscard]] const TimelineIndex& timeline() const { return shown_->timeline; }

  QComboBox* cases_;
  QComboBox* rows_;
  QLineEdit* search_;
  QLabel* found_;
  QLabel* summary_;
  TimelineChart* chart_;
  RangeTable* model_;
  QTableView* table_;
  std::shared_ptr<const TracedRecord> traced_;
  std::shared_ptr<const TracedRecord> shown_;  ///< traced_, or the same by op
  std::shared_ptr<const TimelineMatches> matches_;
  std::optional<TimelineSpan> at_;
  QString no_baseline_;  ///< why there is no change to show; empty: there is, or none is pinned
  QString highlighted_;  ///< what matches_ were found by
  bool showing_ = false;
};

}  // namespace ridgepoint
