// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/views/quality_view.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QVBoxLayout>
#include <algorithm>

#include "dashboard/charts/front_chart.h"
#include "dashboard/models/text.h"
#include "results/metric.h"
#include "results/report/table.h"

namespace ridgepoint {

QualityView::QualityView(Session& session, QWidget* parent)
    : View(session, "quality", "Quality", parent),
      scenario_(new QComboBox),
      metric_(new QComboBox),
      budget_(new QDoubleSpinBox),
      memory_(new QDoubleSpinBox),
      summary_(new QLabel),
      chart_(new FrontChart) {
  scenario_->setAccessibleName("What is asked of the models");
  scenario_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  scenario_->setMinimumContentsLength(30);
  metric_->setAccessibleName("Quality metric");
  for (const std::string& metric : variant_quality_metrics()) {
    const MetricSpec* spec = find_metric(metric);
    metric_->addItem(qt(spec->short_name), qt(metric));
    metric_->setItemData(metric_->count() - 1, qt(spec->definition), Qt::ToolTipRole);
  }
  budget_->setAccessibleName("Budget of the quality metric; 0: none");
  budget_->setDecimals(4);
  budget_->setRange(0, 1000);
  budget_->setSingleStep(0.01);
  budget_->setSpecialValueText("no budget");
  budget_->setKeyboardTracking(false);
  memory_->setAccessibleName("Budget of memory in MB; 0: none");
  memory_->setDecimals(0);
  memory_->setRange(0, 1e8);
  memory_->setSingleStep(100);
  memory_->setSuffix(" MB");
  memory_->setSpecialValueText("any memory");
  memory_->setKeyboardTracking(false);
  summary_->setWordWrap(true);
  summary_->setTextFormat(Qt::PlainText);
  summary_->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  summary_->setFocusPolicy(Qt::StrongFocus);
  summary_->setAccessibleName("What the variants come to");

  auto* bar = new QHBoxLayout;
  bar->addWidget(scenario_, 1);
  bar->addWidget(new QLabel("quality as"));
  bar->addWidget(metric_);
  bar->addWidget(new QLabel("budget"));
  bar->addWidget(budget_);
  bar->addWidget(memory_);
  auto* lines = new QVBoxLayout(&content());
  lines->setContentsMargins(8, 8, 8, 0);
  lines->addLayout(bar);
  lines->addWidget(summary_);
  lines->addWidget(chart_, 1);

  QObject::connect(scenario_, &QComboBox::activated, this, [this] {
    Place next = this->session().place();
    next.scenario = scenario_->currentText();
    this->session().go(next);
  });
  QObject::connect(metric_, &QComboBox::activated, this, [this] {
    settings_changed();
    refresh();
  });
  for (QDoubleSpinBox* box : {budget_, memory_}) {
    QObject::connect(box, &QDoubleSpinBox::valueChanged, this, [this] {
      if (showing_) return;
      settings_changed();
      refresh();
    });
  }
  QObject::connect(chart_, &FrontChart::variant_clicked, this, [this](std::size_t point) {
    Place next = this->session().place();
    next.case_hash = variants_.points.at(point).case_hash;
    next.run = variants_.points.at(point).run_id;
    this->session().go(next);
  });
  remember_extent(*chart_, "chart");
}

void QualityView::show_place() {
  showing_ = true;
  take_settings();
  const Place& place = session().place();
  variants_ = read_variants(session().path(), *session().runs(), place.scenario,
                            utf8(metric_->currentData().toString()), session().options());
  const auto baseline =
      place.baseline.empty() ? Loaded<RunWithRecords>{} : session().run(place.baseline);
  set_beside(variants_, baseline.value.get());
  scenario_->clear();
  scenario_->addItems(variants_.scenarios);
  scenario_->setCurrentText(variants_.scenario);
  scenario_->setEnabled(variants_.scenarios.size() > 1);
  chart_->set_subject(variants_.scenario + '\n' + metric_->currentText());
  chart_->show(variants_, wanted(), place.case_hash);
  summarise();
  showing_ = false;
}

std::map<QString, QString> QualityView::settings() const {
  return {{"metric", metric_->currentData().toString()},
          {"budget", QString::number(budget_->value(), 'g', 10)},
          {"memory_mb", QString::number(memory_->value(), 'g', 10)}};
}

void QualityView::apply_settings(const std::map<QString, QString>& settings) {
  for (const auto& [name, value] : settings) {
    if (name == "metric" && metric_->findData(value) >= 0) {
      metric_->setCurrentIndex(metric_->findData(value));
    }
    bool is_number = false;
    const double number = value.toDouble(&is_number);
    if (name == "budget" && is_number) budget_->setValue(number);
    if (name == "memory_mb" && is_number) memory_->setValue(number);
  }
}

VariantBudget QualityView::wanted() const {
  VariantBudget budget;
  if (budget_->value() > 0) budget.quality = budget_->value();
  if (memory_->value() > 0) budget.memory_bytes = memory_->value() * 1e6;
  return budget;
}

void QualityView::summarise() {
  QStringList words;
  if (!variants_.points.empty()) {
    const VariantBudget budget = wanted();
    const auto within = std::ranges::find_if(variants_.points, [&](const VariantPoint& point) {
      return budget.holds(point, variants_.more_is_better);
    });
    if (within == variants_.points.end()) {
      words.append("No variant is within the budget.");
    } else {
      words.append(QString("Fastest%1: %2, %3.")
                       .arg(budget.asks_anything() ? " within the budget" : "", within->name,
                            qt(format_value(within->speed, "tokens/s"))));
    }
    if (!variants_.machine.isEmpty()) words.append("Speeds on " + variants_.machine + ".");
  }
  if (!session().place().baseline.empty() && !variants_.points.empty()) {
    const bool any = std::ranges::any_of(
        variants_.points, [](const VariantPoint& point) { return point.before.has_value(); });
    words.append(any ? "Arrows lead from what the baseline measured of the same variant."
                     : "The baseline measured none of these, or is where they are from.");
  }
  if (!variants_.without_quality.isEmpty()) {
    words.append("Quality not known: " + variants_.without_quality.join(", ") + ".");
  }
  summary_->setText(words.join(' '));
  summary_->setVisible(!words.isEmpty());
}

QString QualityView::summary() const {
  return summary_->text();
}

std::vector<QStringList> QualityView::rows() const {
  return chart_->rows();
}

QString QualityView::command_line() const {
  if (variants_.points.empty()) return {};
  // A run is shown with the newest quality of each of its variants beside its speed.
  QStringList lines;
  for (const VariantPoint& point : variants_.points) {
    const QString line = ridgepoint("show " + point.run_id.substr(0, 8));
    if (!lines.contains(line)) lines.append(line);
  }
  return lines.join("; ");
}

std::vector<Chart*> QualityView::charts() const {
  return {chart_};
}

QString QualityView::range_here() const {
  return "It does not apply here: speeds and qualities are of whole cases that were not traced.";
}

QWidget* QualityView::first_focus() {
  return chart_;
}

}  // namespace ridgepoint
