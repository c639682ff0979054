// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/views/wall_view.h"

#include <fmt/format.h>

#include <QComboBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QTableView>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "dashboard/charts/stacked_bars.h"
#include "dashboard/charts/sweep_chart.h"
#include "dashboard/charts/wall_chart.h"
#include "dashboard/models/text.h"
#include "dashboard/views/splitter.h"
#include "dashboard/views/stop_slider.h"
#include "dashboard/views/table.h"
#include "profiler/machine/system_memory.h"
#include "results/report/table.h"
#include "workloads/models/model_type.h"
#include "workloads/models/shapes.h"
#include "workloads/shell_quote.h"
#include "workloads/tensor/kv_type.h"

namespace ridgepoint {
namespace {

std::function<QString(double)> in_unit(const char* unit) {
  return [unit](double value) { return qt(format_value(value, unit)); };
}

/// "940", "5.66 million": no one reads seven digits on the way.
QString counted(std::int64_t count) {
  constexpr std::int64_t kRead = 100'000;
  if (count < kRead) return QString("%L1").arg(count);
  const auto number = static_cast<double>(count);
  if (number < 1e6) return QString("%1 thousand").arg(number * 1e-3, 0, 'g', 3);
  if (number < 1e9) return QString("%1 million").arg(number * 1e-6, 0, 'g', 3);
  return QString("%1 billion").arg(number * 1e-9, 0, 'g', 3);
}

QString whole_number(double value) {
  return QString::number(static_cast<qlonglong>(value));
}

std::vector<double> batch_stops() {
  std::vector<double> stops;
  for (double at = 1; at <= 1024.5; at *= std::sqrt(2.0)) {
    const double whole = std::round(at);
    if (stops.empty() || whole > stops.back()) stops.push_back(whole);
  }
  return stops;
}

std::vector<double> context_stops() {
  std::vector<double> stops{0};
  for (double at = 64; at <= 131'072.5; at *= std::sqrt(2.0)) stops.push_back(std::round(at));
  return stops;
}

QComboBox* named_box(const QString& name) {
  auto* box = new QComboBox;
  box->setAccessibleName(name);
  box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  box->setMinimumContentsLength(12);
  return box;
}

/// Where no ceilings are stored: something to begin with, which is said to be no measurement.
constexpr double kSomeBandwidth = 50e9, kSomeArithmetic = 1e12;

}  // namespace

WallView::WallView(Session& session, QWidget* parent)
    : View(session, "wall", "Memory wall", parent),
      model_(named_box("Model")),
      type_(named_box("Type of the weights")),
      kv_(named_box("Type of the KV cache")),
      batch_(new StopSlider("Batch", batch_stops(), whole_number)),
      context_(new StopSlider("Context", context_stops(), whole_number)),
      bandwidth_(new StopSlider("Bandwidth", log_stops(1e9, 2e13, 260), in_unit("bytes/s"))),
      arithmetic_(new StopSlider("Arithmetic", log_stops(1e10, 1e16, 260), in_unit("OP/s"))),
      memory_(new StopSlider("Memory", log_stops(1e9, 4e12, 220), in_unit("bytes"))),
      own_(new QPushButton("&This machine")),
      summary_(new QLabel),
      chart_(new WallChart),
      bars_(new StackedBars("Bytes a token by class, and memory against what there is")),
      sweep_(new SweepChart),
      elasticities_(new ElasticityTable(this)),
      table_(make_table("Elasticity tests", elasticities_, nullptr)),
      no_elasticity_(new QLabel("No elasticity test is stored.\n\nridgepoint wall --model M "
                                "--causal\n\ntells whether time follows bandwidth.")) {
  for (const std::string_view type : ModelType::names()) type_->addItem(qt(type));
  type_->setCurrentText("q8_0");
  for (const KvTypeName& type : kv_types()) kv_->addItem(qt(type.name));
  kv_->setCurrentText("f16");
  own_->setToolTip("Bandwidth and arithmetic as the newest ceilings say, memory as available");
  own_->setAccessibleName("Take the figures of this machine");
  summary_->setWordWrap(true);
  summary_->setTextFormat(Qt::PlainText);
  summary_->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  summary_->setFocusPolicy(Qt::StrongFocus);
  summary_->setAccessibleName("What comes of it");
  no_elasticity_->setAlignment(Qt::AlignCenter);
  no_elasticity_->setWordWrap(true);

  auto* panel = new QWidget;
  auto* form = new QVBoxLayout(panel);
  form->setContentsMargins(8, 8, 8, 4);
  auto* boxes = new QFormLayout;
  boxes->setContentsMargins(0, 0, 0, 0);
  boxes->addRow("Model", model_);
  boxes->addRow("Weights", type_);
  boxes->addRow("KV cache", kv_);
  form->addLayout(boxes);
  for (StopSlider* slider : {batch_, context_, bandwidth_, arithmetic_, memory_}) {
    form->addWidget(slider);
    const bool of_machine = slider == bandwidth_ || slider == arithmetic_ || slider == memory_;
    QObject::connect(slider, &StopSlider::changed, this, [this, of_machine] {
      if (showing_) return;
      if (of_machine) is_own_ = false;
      settings_changed();
      ask();
    });
  }
  form->addWidget(own_);
  form->addWidget(summary_);
  form->addStretch(1);
  auto* scroll = new QScrollArea;
  scroll->setWidget(panel);
  scroll->setAccessibleName("What is asked, and what comes of it");
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scroll->setMinimumWidth(300);

  auto* lower = new Splitter(Qt::Horizontal, "wall_lower", "the sweep and the elasticity tests");
  auto* tests = new QWidget;
  auto* tests_lines = new QVBoxLayout(tests);
  tests_lines->setContentsMargins(0, 0, 0, 0);
  tests_lines->addWidget(table_);
  tests_lines->addWidget(no_elasticity_);
  lower->addWidget(sweep_);
  lower->addWidget(tests);
  lower->setSizes({360, 460});
  auto* right = new Splitter(Qt::Vertical, "wall_right", "the curves and the sweep below");
  auto* upper = new QWidget;
  auto* upper_lines = new QVBoxLayout(upper);
  upper_lines->setContentsMargins(0, 8, 8, 0);
  upper_lines->addWidget(chart_, 1);
  upper_lines->addWidget(bars_);
  right->addWidget(upper);
  right->addWidget(lower);
  right->setStretchFactor(0, 3);
  right->setStretchFactor(1, 2);
  right->setSizes({410, 230});
  auto* halves = new Splitter(Qt::Horizontal, "wall", "the sliders and the charts");
  halves->addWidget(scroll);
  halves->addWidget(right);
  halves->setStretchFactor(0, 0);
  halves->setStretchFactor(1, 1);
  halves->setSizes({320, 830});
  auto* lines = new QVBoxLayout(&content());
  lines->setContentsMargins(0, 0, 0, 0);
  lines->addWidget(halves);

  for (QComboBox* box : {model_, type_, kv_}) {
    QObject::connect(box, &QComboBox::currentIndexChanged, this, [this, box] {
      if (showing_) return;
      if (box == model_ && chosen() != nullptr && !chosen()->type.empty()) {
        const QSignalBlocker quiet(type_);
        type_->setCurrentText(qt(chosen()->type));
      }
      settings_changed();
      ask();
    });
  }
  QObject::connect(own_, &QPushButton::clicked, this, [this] {
    is_own_ = true;
    settings_changed();
    ask();
  });
  QObject::connect(chart_, &WallChart::speed_clicked, this, [this](std::size_t speed) {
    Place next = this->session().place();
    next.run = speeds_.at(speed).run_id;
    next.case_hash = speeds_.at(speed).case_hash;
    next.metric.clear();
    this->session().go(next);
  });
  remember_extent(*chart_, "chart");
  remember_extent(*sweep_, "sweep");
}

void WallView::list_models() {
  const QString before = model_->currentText();
  choices_.clear();
  for (const WallFigures& figures : records_.figures) {
    if (!figures.shape) continue;
    const bool is_shape = find_shape(figures.model) != nullptr;
    if (is_shape) continue;  // it is in the list below
    const QString name = QString("%1 (%2)").arg(
        qt(figures.model.substr(figures.model.find_last_of('/') + 1)), qt(figures.type));
    choices_.push_back({name, figures.model, figures.type, *figures.shape});
  }
  for (const ModelConfig& shape : shapes()) {
    if (shape.experts > 0) continue;  // mixtures cannot be lowered
    choices_.push_back({qt(shape.name), shape.name, {}, shape});
  }
  model_->clear();
  for (const Choice& choice : choices_) model_->addItem(choice.name);
  int at = model_->findText(before);
  // To begin with, a model of which something was measured.
  for (int i = 0; at < 0 && i < model_->count(); ++i) {
    const Choice& choice = choices_[static_cast<std::size_t>(i)];
    const bool was_timed = std::ranges::find(records_.figures, choice.model, &WallFigures::model) !=
                           records_.figures.end();
    if (was_timed) at = i;
  }
  for (int i = 0; at < 0 && i < model_->count(); ++i) {
    const Choice& choice = choices_[static_cast<std::size_t>(i)];
    if (std::ranges::find(records_.speeds, choice.model, &MeasuredSpeed::model) !=
        records_.speeds.end()) {
      at = i;
    }
  }
  model_->setCurrentIndex(std::max(0, at));
  if (before.isEmpty() && chosen() != nullptr) {
    // With the types that it was measured in.
    const auto figures = std::ranges::find(records_.figures, chosen()->model, &WallFigures::model);
    const auto speed = std::ranges::find(records_.speeds, chosen()->model, &MeasuredSpeed::model);
    if (figures != records_.figures.end()) {
      type_->setCurrentText(qt(figures->type));
    } else if (speed != records_.speeds.end() && !speed->type.empty()) {
      type_->setCurrentText(qt(speed->type));
    }
  }
}

const WallView::Choice* WallView::chosen() const {
  const int at = model_->currentIndex();
  return at < 0 || at >= static_cast<int>(choices_.size())
             ? nullptr
             : &choices_[static_cast<std::size_t>(at)];
}

const WallFigures* WallView::engine() const {
  if (chosen() == nullptr) return nullptr;
  const std::string type = utf8(type_->currentText());
  const std::string kv = utf8(kv_->currentText());
  for (const WallFigures& figures : records_.figures) {
    if (figures.model == chosen()->model && figures.type == type && figures.kv == kv) {
      return &figures;
    }
  }
  return nullptr;
}

void WallView::take_own_machine() {
  double bytes = kSomeBandwidth;
  double operations = kSomeArithmetic;
  has_machine_ = records_.roofs.has_value();
  level_.clear();
  if (records_.roofs) {
    const auto walked = static_cast<double>(answer_.step.weight_bytes + answer_.step.kv_bytes);
    if (const auto found = records_.roofs->bandwidth_at(walked, roofline::Access::read)) {
      bytes = found->bytes_per_second.value;
      level_ = qt(found->level);
    }
    if (const auto* peak = records_.roofs->peak_for(utf8(type_->currentText()))) {
      operations = peak->per_second.value;
    }
  }
  bandwidth_->set_value(bytes);
  arithmetic_->set_value(operations);
  if (const auto available = read_system_memory().available_bytes.value_or(0); available > 0) {
    memory_->set_value(static_cast<double>(available));
  }
}

void WallView::show_place() {
  showing_ = true;
  const std::string path = session().path().string();
  if (session().generation() != read_generation_ || path != read_path_ ||
      !session().runs()->complete) {
    records_ = read_wall_records(session().path(), *session().runs(), session().options());
    read_generation_ = session().runs()->complete ? session().generation() : -1;
    read_path_ = path;
    list_models();
  }
  // Settings of another case than the one that is chosen now give way to it.
  follow_case();
  take_settings();
  follow_case();
  elasticities_->show(records_.elasticities);
  table_->setVisible(!records_.elasticities.empty());
  no_elasticity_->setVisible(records_.elasticities.empty());
  fit_columns(*table_, 260);
  let_give_way(*table_, ElasticityTable::what, 90);
  ask();
  showing_ = false;
}

void WallView::ask() {
  const Choice* choice = chosen();
  if (choice == nullptr) return;
  question_.shape = choice->shape;
  question_.type = utf8(type_->currentText());
  question_.kv = utf8(kv_->currentText());
  question_.batch = static_cast<std::int64_t>(batch_->value());
  question_.context = static_cast<std::int64_t>(context_->value());
  const auto answer = [this] {
    question_.machine = {bandwidth_->value(), arithmetic_->value()};
    question_.memory_bytes = static_cast<std::int64_t>(memory_->value());
    answer_ = forecast_.answer(question_, engine());
  };
  answer();
  if (is_own_) {
    take_own_machine();  // what a step walks through is known now
    answer();
  }
  choose_speeds();
  chart_->set_subject(model_->currentText() + '\n' + type_->currentText() + '\n' +
                      kv_->currentText());
  chart_->show_answer(answer_, question_.batch, question_.context, speeds_,
                      session().place().case_hash);
  bars_->show_bars(
      {{"Bytes a token",
        "bytes",
        {{"weights", answer_.weight_bytes_per_token}, {"KV", answer_.kv_bytes_per_token}},
        0,
        {}},
       {"Memory",
        "bytes",
        {{"weights", static_cast<double>(answer_.weight_bytes)},
         {"KV cache", static_cast<double>(answer_.cache_bytes)}},
        static_cast<double>(question_.memory_bytes),
        "there is"}});
  sweep_->set_subject(records_.roofs ? qt(records_.roofs->run_id) : QString());
  sweep_->show_sweep(records_.roofs,
                     static_cast<double>(answer_.step.weight_bytes + answer_.step.kv_bytes));
  say_answer();
  show_extents();
}

void WallView::follow_case() {
  const std::string& hash = session().place().case_hash;
  if (hash == followed_) return;
  followed_ = hash;
  const auto found = std::ranges::find(records_.speeds, hash, &MeasuredSpeed::case_hash);
  if (hash.empty() || found == records_.speeds.end()) return;
  const auto choice = std::ranges::find_if(choices_, [&](const Choice& each) {
    return each.model == found->model && (each.type.empty() || each.type == found->type);
  });
  if (choice == choices_.end()) return;  // its shape is not known
  model_->setCurrentIndex(static_cast<int>(choice - choices_.begin()));
  if (!found->type.empty()) type_->setCurrentText(qt(found->type));
  kv_->setCurrentText(qt(found->kv));
  batch_->set_value(static_cast<double>(found->batch));
  context_->set_value(static_cast<double>(found->context));
}

std::map<QString, QString> WallView::settings() const {
  const auto number = [](double value) { return QString::number(value, 'g', 15); };
  std::map<QString, QString> all{{"model", model_->currentText()},
                                 {"weights", type_->currentText()},
                                 {"kv", kv_->currentText()},
                                 {"batch", number(batch_->value())},
                                 {"context", number(context_->value())},
                                 {"this_machine", is_own_ ? "yes" : "no"},
                                 {"case", qt(followed_)}};
  if (!is_own_) {
    all["bytes_per_second"] = number(bandwidth_->value());
    all["operations_per_second"] = number(arithmetic_->value());
    all["memory_bytes"] = number(memory_->value());
  }
  return all;
}

QStringList WallView::setting_names() const {
  return {"model",        "weights",
          "kv",           "batch",
          "context",      "bytes_per_second",
          "memory_bytes", "operations_per_second",
          "this_machine", "case"};
}

void WallView::apply_settings(const std::map<QString, QString>& settings) {
  if (is_own_) ask();  // what is not set stays as this machine has it
  const auto of = [&](const char* name) {
    const auto found = settings.find(name);
    return found == settings.end() ? QString() : found->second;
  };
  for (const auto& [name, box] :
       {std::pair("model", model_), std::pair("weights", type_), std::pair("kv", kv_)}) {
    if (const int at = box->findText(of(name)); at >= 0) box->setCurrentIndex(at);
  }
  for (const auto& [name, slider] :
       {std::pair("batch", batch_), std::pair("context", context_),
        std::pair("bytes_per_second", bandwidth_), std::pair("operations_per_second", arithmetic_),
        std::pair("memory_bytes", memory_)}) {
    bool is_number = false;
    const double number = of(name).toDouble(&is_number);
    if (!is_number || !std::isfinite(number)) continue;
    const bool is_count = slider == batch_ || slider == context_;
    slider->set_value(is_count ? std::round(number) : number);
    if (!is_count) is_own_ = false;
  }
  if (of("this_machine") == "yes") is_own_ = true;
  if (settings.contains("case")) followed_ = utf8(of("case"));
}

void WallView::choose_speeds() {
  speeds_.clear();
  ranged_ = false;
  const auto is_chosen = [&](const std::string& model, const std::string& type,
                             const std::string& kv) {
    return model == chosen()->model && (type.empty() || type == question_.type) &&
           kv == question_.kv;
  };
  const Place& place = session().place();
  const auto baseline =
      place.baseline.empty() ? Loaded<RunWithRecords>{} : session().run(place.baseline);
  for (const MeasuredSpeed& speed : records_.speeds) {
    if (!is_chosen(speed.model, speed.type, speed.kv)) continue;
    speeds_.push_back(speed);
    if (baseline.value != nullptr && speed.run_id != place.baseline) {
      speeds_.back().before = decode_speed_in(*baseline.value, speed.case_hash);
    }
  }
  const auto traced = session().trace_of_range();
  if (traced.value == nullptr) return;
  const auto speed = decode_speed_within(*traced.value, *place.range);
  if (!speed || !is_chosen(speed->model, speed->type, speed->kv)) return;
  speeds_.push_back(*speed);
  ranged_ = true;
}

void WallView::say_answer() {
  if (!answer_.problem.isEmpty()) {
    summary_->setText(answer_.problem);
    return;
  }
  QStringList words;
  words.append(QString("The machine allows %1 at the most%2.")
                   .arg(qt(format_value(answer_.roof_tokens_per_second, "tokens/s")),
                        is_own_ && !level_.isEmpty()
                            ? QString(", with what a step walks through from %1").arg(level_)
                            : QString()));
  if (answer_.tokens_per_second) {
    words.append(
        QString("The engine (%1): %2, at the share of the limit that it had where it was "
                "timed.")
            .arg(qt(engine()->engine), qt(format_value(*answer_.tokens_per_second, "tokens/s"))));
  }
  QString critical =
      QString("Critical batch %1 by the machine").arg(answer_.critical_batch_by_roof, 0, 'f', 1);
  if (answer_.critical_batch) {
    critical += *answer_.critical_batch > 0
                    ? QString(", %1 of the engine").arg(*answer_.critical_batch, 0, 'f', 1)
                    : QString(", of the engine past what was timed");
  }
  words.append(critical + ".");
  if (answer_.crossing_context > 0) {
    words.append(QString("KV takes as long as weights from a context of %1.")
                     .arg(static_cast<qlonglong>(answer_.crossing_context)));
  }
  const auto used = answer_.weight_bytes + answer_.cache_bytes;
  if (used > question_.memory_bytes) {
    words.append("It does not fit in memory.");
  } else {
    words.append(QString("Fits; at most %1 sequences of this context, or %2 tokens for each.")
                     .arg(counted(answer_.largest_batch), counted(answer_.largest_context)));
  }
  if (!has_machine_) {
    words.append(records_.why_no_roofs +
                 ": bandwidth and arithmetic are only something to begin with.");
  }
  const auto held = std::ranges::find_if(
      speeds_, [](const MeasuredSpeed& speed) { return speed.before.has_value(); });
  if (held != speeds_.end()) {
    words.append("Arrows lead from what the baseline measured of the same case.");
  } else if (!session().place().baseline.empty()) {
    words.append("The baseline measured none of these cases, or is where they are from.");
  }
  if (!records_.score.isEmpty()) words.append("Newest predictions: " + records_.score + ".");
  summary_->setText(words.join('\n'));
}

QString WallView::summary() const {
  return summary_->text();
}

std::vector<QStringList> WallView::rows() const {
  return chart_->rows();
}

QString WallView::command_line() const {
  if (chosen() == nullptr) return {};
  std::string line = "wall --predict-only --model " + shell_quote(chosen()->model);
  if (chosen()->type.empty()) line += " --type " + question_.type;
  line += fmt::format(" --kv {} --batch {} --depth {}", question_.kv, question_.batch,
                      question_.context);
  return ridgepoint(line);
}

std::vector<Chart*> WallView::charts() const {
  return {chart_, sweep_};
}

QString WallView::range_here() const {
  return ranged_ ? QString(
                       "Its decode steps stand as one more point on the curves; they were traced, "
                       "which takes time of its own.")
                 : QString(
                       "It holds no whole decode step of the chosen model and types: all that is "
                       "shown here stays.");
}

QWidget* WallView::first_focus() {
  return batch_->slider();
}

std::vector<std::pair<QString, QString>> WallView::keys() const {
  return {{"Left, Right, Page Up, Page Down on a slider", "less, more"},
          {"Alt+T", "the figures of this machine"}};
}

}  // namespace ridgepoint
