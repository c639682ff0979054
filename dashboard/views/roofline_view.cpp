// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/views/roofline_view.h"

#include <fmt/format.h>

#include <QCheckBox>
#include <QComboBox>
#include <QHBoxLayout>
#include <QItemSelectionModel>
#include <QLabel>
#include <QTableView>

#include "dashboard/charts/roofline_chart.h"
#include "dashboard/models/text.h"
#include "dashboard/views/chart_over_table.h"
#include "dashboard/views/table.h"
#include "dashboard/views/traced_cases.h"
#include "results/report/table.h"
#include "results/report/time_text.h"

namespace ridgepoint {

RooflineView::RooflineView(Session& session, QWidget* parent)
    : View(session, "roofline", "Roofline", parent),
      cases_(make_traced_cases()),
      together_(new QCheckBox("&Layers together")),
      summary_(new QLabel),
      chart_(new RooflineChart),
      model_(new RooflineTable(this)),
      table_(make_table("Ops", model_, nullptr)) {
  together_->setToolTip("The same op of all layers as one point");
  together_->setAccessibleName("The same op of all layers as one point");
  summary_->setWordWrap(true);
  summary_->setTextFormat(Qt::PlainText);
  summary_->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  summary_->setFocusPolicy(Qt::StrongFocus);
  summary_->setAccessibleName("What the roofline says");

  auto* bar = new QHBoxLayout;
  bar->addWidget(cases_, 1);
  bar->addWidget(together_);
  lay_out(content(), {.name = "roofline",
                      .bar = bar,
                      .summary = summary_,
                      .chart = chart_,
                      .table = table_,
                      .chart_height = 470,
                      .table_height = 170});

  QObject::connect(cases_, &QComboBox::activated, this,
                   [this] { this->session().choose_case(utf8(cases_->currentData().toString())); });
  QObject::connect(together_, &QCheckBox::toggled, this, [this] {
    if (showing_) return;
    settings_changed();
    refresh();
  });
  remember_extent(*chart_, "chart");
  QObject::connect(chart_, &RooflineChart::point_clicked, this,
                   [this](std::size_t point) { choose_op(scene_->points.at(point)); });
  QObject::connect(table_->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
                   [this](const QModelIndex& now) {
                     if (showing_ || !now.isValid() || scene_ == nullptr) return;
                     choose_op(scene_->points.at(static_cast<std::size_t>(now.row())));
                   });
}

void RooflineView::choose_op(const RooflinePoint& point) {
  session().choose_op(point.op_id, point.phase);
}

void RooflineView::show_place() {
  showing_ = true;
  take_settings();
  const Place& place = session().place();
  run_id_ = session().traced_run();
  const auto profiled = session().profile(run_id_);
  if (profiled.value == nullptr) {
    scene_.reset();
    made_of_.reset();
    model_->show(nullptr);
    cases_->clear();
    summary_->setText({});
    chart_->show(nullptr, {}, profiled.problem);
    showing_ = false;
    return;
  }
  ordinal_ = profiled.value->record.ordinal;
  Loaded<ProfiledRecord> baseline;
  if (!place.baseline.empty() && place.baseline != run_id_) {
    baseline = session().profile_of(place.baseline, profiled.value->record);
  }
  const bool together = together_->isChecked();
  if (scene_ == nullptr || made_of_ != profiled.value || made_against_ != baseline.value ||
      made_together_ != together) {
    scene_ = std::make_shared<const RooflineScene>(
        make_roofline_scene(*profiled.value, baseline.value.get(), together));
    made_of_ = profiled.value;
    made_against_ = baseline.value;
    made_together_ = together;
    model_->show(scene_);
    fit_columns(*table_, 230);
  }
  list_traced_cases(*cases_, *profiled.value->run, profiled.value->record.id);
  summarise(*profiled.value, baseline.problem);
  const int row = model_->row_of(place.phase, place.op);
  chart_->set_subject(qt(profiled.value->record.id));
  chart_->show(scene_, row < 0 ? place.op : scene_->points[static_cast<std::size_t>(row)].op_id);
  if (row >= 0) {
    table_->setCurrentIndex(model_->index(row, 0));
    table_->scrollTo(model_->index(row, 0));
  } else {
    table_->setCurrentIndex({});
  }
  showing_ = false;
}

void RooflineView::summarise(const ProfiledRecord& profiled, const QString& baseline_problem) {
  QStringList words;
  const auto& profile = profiled.profile;
  if (profiled.roofs) {
    words.append(QString("Roofs: ceilings of run %1, %2.")
                     .arg(short_id(profiled.roofs->run_id),
                          qt(time_text(profiled.roofs->measured_unix_ns))));
    if (!profiled.other_devices.empty()) {
      words.append(QString("Ops ran on %1; roofs of other devices are dashed.")
                       .arg(profiled.roofs->device.empty() ? QString("the CPU")
                                                           : qt(profiled.roofs->device)));
    }
    if (!profiled.roofs->note.empty()) words.append(qt(profiled.roofs->note) + ".");
  } else {
    words.append("No roofs: " + qt(profiled.why_no_roofs) + ".");
  }
  words.append(QString("Bytes %1, FLOPs %2.")
                   .arg(qt(profile.provenance.bytes), qt(profile.provenance.flops)));
  const Place& place = session().place();
  if (place.range && place.range->record_id == profiled.record.id) {
    words.append(QString("Times within a range of %1 only.")
                     .arg(qt(format_value(
                         static_cast<double>(place.range->end_ns - place.range->begin_ns), "ns"))));
  }
  if (scene_->not_placed > 0) {
    words.append(QString("%1 ops without FLOPs or bytes (%2 % of the time) are in the table only.")
                     .arg(scene_->not_placed)
                     .arg(100 * scene_->share_not_placed, 0, 'f', 1));
  }
  if (!baseline_problem.isEmpty()) words.append("No baseline here: " + baseline_problem);
  if (made_against_ != nullptr) {
    words.append(QString("Arrows lead from the baseline's ops (%1)%2 to these.")
                     .arg(chart_->arrows() > 0 || !scene_->before.empty()
                              ? short_id(session().place().baseline)
                              : QString("none fit"),
                          naming_other_case(made_against_->record, profiled.record)));
  }
  summary_->setText(words.join(' '));
}

std::map<QString, QString> RooflineView::settings() const {
  return {{"layers_together", together_->isChecked() ? "yes" : "no"}};
}

void RooflineView::apply_settings(const std::map<QString, QString>& settings) {
  const auto found = settings.find("layers_together");
  if (found != settings.end()) together_->setChecked(found->second == "yes");
}

QString RooflineView::summary() const {
  return summary_->text();
}

std::vector<QStringList> RooflineView::rows() const {
  return chart_->rows();
}

QString RooflineView::command_line() const {
  if (scene_ == nullptr) return {};
  return ridgepoint(fmt::format("show {}/{} --profile=50", run_id_.substr(0, 8), ordinal_));
}

std::vector<Chart*> RooflineView::charts() const {
  return {chart_};
}

QString RooflineView::range_here() const {
  const auto& range = session().place().range;
  const bool applies = range && made_of_ != nullptr && range->record_id == made_of_->record.id;
  return applies
             ? QString(
                   "Times are those of the passes that lie within it, or, where none does, "
                   "of what it cuts.")
             : QString("The case that is shown here is another one, and keeps its whole trace.");
}

QWidget* RooflineView::first_focus() {
  return table_;
}

std::vector<std::pair<QString, QString>> RooflineView::keys() const {
  return {{"Up, Down in the table", "choose an op, here and in the timeline"},
          {"Alt+L", "the same op of all layers as one point"}};
}

}  // namespace ridgepoint
