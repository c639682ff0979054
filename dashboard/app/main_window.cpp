// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/app/main_window.h"

#include <QAction>
#include <QApplication>
#include <QBuffer>
#include <QClipboard>
#include <QComboBox>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMimeData>
#include <QPainter>
#include <QSettings>
#include <QSplitter>
#include <QStackedWidget>
#include <QStatusBar>
#include <QSvgGenerator>
#include <QTabWidget>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>

#include "dashboard/app/command_palette.h"
#include "dashboard/app/help_page.h"
#include "dashboard/app/picture_command.h"
#include "dashboard/charts/theme.h"
#include "dashboard/models/csv_text.h"
#include "dashboard/models/text.h"
#include "dashboard/views/compare_view.h"
#include "dashboard/views/history_view.h"
#include "dashboard/views/machines_view.h"
#include "dashboard/views/message_page.h"
#include "dashboard/views/new_run.h"
#include "dashboard/views/quality_view.h"
#include "dashboard/views/roofline_view.h"
#include "dashboard/views/runs_view.h"
#include "dashboard/views/timeline_view.h"
#include "dashboard/views/wall_view.h"
#include "results/report/table.h"

namespace ridgepoint {
namespace {

constexpr int kTold_ms = 4000;
constexpr int kLongestLabel = 40;  ///< letters of a run's name in the bar

QToolButton* bar_button(const QString& text, const QString& name) {
  auto* button = new QToolButton;
  button->setText(text);
  button->setToolTip(name);
  button->setAccessibleName(name);
  button->setAutoRaise(true);
  return button;
}

QSettings own_settings() {
  return QSettings("ridgepoint", "dashboard");
}

QByteArray svg_of(QWidget& widget) {
  QByteArray bytes;
  QBuffer buffer(&bytes);
  QSvgGenerator generator;
  generator.setOutputDevice(&buffer);
  generator.setSize(widget.size());
  generator.setViewBox(widget.rect());
  QPainter painter(&generator);
  widget.render(&painter);
  painter.end();
  return bytes;
}

}  // namespace

MainWindow::MainWindow(bool remembers, QWidget* parent)
    : QMainWindow(parent), remembers_(remembers) {
  setWindowTitle("Ridgepoint");
  setAcceptDrops(true);
  resize(1280, 800);
  views_ = {new RunsView(session_),    new CompareView(session_),  new RooflineView(session_),
            new WallView(session_),    new TimelineView(session_), new HistoryView(session_),
            new QualityView(session_), new MachinesView(session_)};
  build();
  list_commands();
  restore_layout();
  QObject::connect(&session_, &Session::opened, this, &MainWindow::show_state);
  QObject::connect(&session_, &Session::data_changed, this, &MainWindow::show_place);
  QObject::connect(&session_, &Session::place_changed, this, &MainWindow::show_place);
  QObject::connect(&session_, &Session::steps_changed, this, &MainWindow::show_steps);
}

MainWindow::~MainWindow() = default;

void MainWindow::build() {
  navigation_ = new QListWidget;
  navigation_->setAccessibleName("Views");
  navigation_->setFrameShape(QFrame::NoFrame);
  navigation_->setFixedWidth(fontMetrics().horizontalAdvance("Memory wall") + 48);
  navigation_->setSpacing(2);
  stack_ = new QStackedWidget;
  for (std::size_t i = 0; i < views_.size(); ++i) {
    auto* item = new QListWidgetItem(views_[i]->title(), navigation_);
    item->setData(Qt::UserRole, views_[i]->name());
    item->setToolTip(QString("Ctrl+%1").arg(i + 1));
    item->setSizeHint({10, fontMetrics().height() + 12});
    stack_->addWidget(views_[i]);
  }
  message_page_ = new MessagePage;
  stack_->addWidget(message_page_);

  back_ = bar_button(QString::fromUtf8("←"), "Back (Alt+Left)");
  forward_ = bar_button(QString::fromUtf8("→"), "Forward (Alt+Right)");
  databases_ = new QComboBox;
  databases_->setAccessibleName("Database");
  databases_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  databases_->setMinimumContentsLength(24);
  baseline_ = new QLabel;
  baseline_->setAccessibleName("Pinned baseline");
  unpin_ = bar_button(QString::fromUtf8("✕"), "Unpin the baseline");
  auto* run = bar_button("New run", "New run (Ctrl+R)");
  auto* palette = bar_button("Commands", "All commands (Ctrl+K)");
  auto* help = bar_button("?", "Help (F1 or ?)");
  auto* bar = new QHBoxLayout;
  bar->setContentsMargins(6, 4, 6, 4);
  bar->addWidget(back_);
  bar->addWidget(forward_);
  bar->addWidget(databases_, 1);
  bar->addSpacing(10);
  bar->addWidget(baseline_);
  bar->addWidget(unpin_);
  bar->addStretch(1);
  for (QToolButton* button : {run, palette, help}) bar->addWidget(button);
  range_says_ = new QLabel;
  range_says_->setWordWrap(true);
  range_says_->setTextFormat(Qt::PlainText);
  range_says_->setAccessibleName(
      "The range that was chosen in the timeline, and what it means here");
  auto* whole = bar_button("Whole trace", "Take times from the whole trace again (Ctrl+Shift+R)");
  range_bar_ = new QWidget;
  auto* range_line = new QHBoxLayout(range_bar_);
  range_line->setContentsMargins(10, 0, 6, 4);
  range_line->addWidget(range_says_, 1);
  range_line->addWidget(whole, 0, Qt::AlignTop);
  auto* across = new QHBoxLayout;
  across->setSpacing(0);
  across->addWidget(navigation_);
  across->addWidget(stack_, 1);
  auto* middle = new QWidget;
  auto* lines = new QVBoxLayout(middle);
  lines->setContentsMargins(0, 0, 0, 0);
  lines->setSpacing(0);
  lines->addLayout(bar);
  lines->addWidget(range_bar_);
  lines->addLayout(across, 1);
  setCentralWidget(middle);
  statusBar()->setSizeGripEnabled(false);

  QObject::connect(navigation_, &QListWidget::currentItemChanged, this,
                   [this](QListWidgetItem* now) {
                     if (now != nullptr) go_to(now->data(Qt::UserRole).toString());
                   });
  QObject::connect(back_, &QToolButton::clicked, &session_, &Session::back);
  QObject::connect(forward_, &QToolButton::clicked, &session_, &Session::forward);
  QObject::connect(unpin_, &QToolButton::clicked, this, [this] { session_.pin_baseline({}); });
  QObject::connect(whole, &QToolButton::clicked, &session_, &Session::choose_whole_trace);
  QObject::connect(run, &QToolButton::clicked, this, [this] { new_run({}); });
  QObject::connect(palette, &QToolButton::clicked, this, &MainWindow::show_palette);
  QObject::connect(help, &QToolButton::clicked, this, &MainWindow::show_help);
  QObject::connect(databases_, &QComboBox::activated, this,
                   [this] { session_.open(utf8(databases_->currentData().toString())); });
}

void MainWindow::list_commands() {
  for (std::size_t i = 0; i < views_.size(); ++i) {
    commands_.push_back({"Go to " + views_[i]->title(), QKeySequence(QString("Ctrl+%1").arg(i + 1)),
                         [this, i] { go_to(views_[i]->name()); }});
  }
  const auto add = [this](const char* title, const char* keys, std::function<void()> run) {
    commands_.push_back({title, QKeySequence(QString(keys)), std::move(run)});
  };
  add("Find a command or a run", "Ctrl+K", [this] { show_palette(); });
  add("Find a command or a run, as in Perfetto", "Ctrl+Shift+P", [this] { show_palette(); });
  add("Search runs", "Ctrl+F", [this] {
    go_to("runs");
    static_cast<RunsView*>(view("runs"))->search_box()->setFocus();
  });
  add("Find ops in the timeline", "Ctrl+Shift+F", [this] {
    go_to("timeline");
    static_cast<TimelineView*>(view("timeline"))->search_box()->setFocus();
  });
  add("The next span that is looked for", "F3",
      [this] { static_cast<TimelineView*>(view("timeline"))->step(true); });
  add("The span before that is looked for", "Shift+F3",
      [this] { static_cast<TimelineView*>(view("timeline"))->step(false); });
  add("Take times from the whole trace, not from a range", "Ctrl+Shift+R",
      [this] { session_.choose_whole_trace(); });
  add("Back", "Alt+Left", [this] { session_.back(); });
  add("Forward", "Alt+Right", [this] { session_.forward(); });
  add("Pin the chosen run as baseline, or unpin it", "Ctrl+B",
      [this] { session_.pin_baseline(session_.place().run); });
  add("Keep the chosen run for a comparison, or no more", "", [this] {
    if (!session_.place().run.empty()) session_.keep_candidate(session_.place().run);
  });
  add("Keep no runs for a comparison", "", [this] {
    Place next = session_.place();
    next.candidates.clear();
    session_.go(next);
  });
  add("New run", "Ctrl+R", [this] { new_run({}); });
  add("Measure the chosen run again", "", [this] {
    if (!session_.place().run.empty()) new_run("rerun " + qt(session_.place().run));
  });
  add("Open a database", "Ctrl+O", [this] { ask_for_database(); });
  add("Read the database again", "F5", [this] { session_.reopen(); });
  add("Copy the view as a picture (PNG)", "Ctrl+Shift+C", [this] { copy_png(); });
  add("Copy the view as a drawing (SVG)", "Ctrl+Shift+G", [this] { copy_svg(); });
  add("Copy the table as CSV", "Ctrl+Shift+T", [this] { copy_csv(); });
  add("Copy the command line that prints this", "Ctrl+Shift+L", [this] { copy_command_line(); });
  add("Copy the command line that draws this as a picture", "Ctrl+Shift+D",
      [this] { copy_picture_command(); });
  add("Light", "", [this] { use_theme("light"); });
  add("Dark", "", [this] { use_theme("dark"); });
  add("Light or dark as the desktop is", "", [this] { use_theme({}); });
  add("Help", "F1", [this] { show_help(); });
  add("Help on keys", "?", [this] { show_help(); });
  add("Quit", "Ctrl+Q", [this] { close(); });
  for (const Command& command : commands_) {
    if (command.keys.isEmpty()) continue;
    auto* action = new QAction(command.title, this);
    action->setShortcut(command.keys);
    QObject::connect(action, &QAction::triggered, this, command.run);
    addAction(action);
  }
}

void MainWindow::open(const std::vector<std::filesystem::path>& databases) {
  for (const auto& database : databases) {
    const QString path = qt(database.string());
    if (databases_->findData(path) < 0) {
      databases_->addItem(path, path);
      databases_->setItemData(databases_->count() - 1, path, Qt::ToolTipRole);
    }
  }
  if (databases.empty()) return;
  databases_->setCurrentIndex(databases_->findData(qt(databases.front().string())));
  session_.open(databases.front());
}

View* MainWindow::view(const QString& name) const {
  const auto found = std::ranges::find(views_, name, &View::name);
  return found == views_.end() ? nullptr : *found;
}

View* MainWindow::current_view() const {
  View* current = view(session_.place().view);
  return current == nullptr ? views_.front() : current;
}

QStringList MainWindow::view_names() const {
  QStringList names;
  for (const View* each : views_) names.append(each->name());
  return names;
}

const MessagePage* MainWindow::message_page() const {
  return stack_->currentWidget() == message_page_ ? message_page_ : nullptr;
}

void MainWindow::go_to(const QString& name) {
  Place next = session_.place();
  next.view = name;
  session_.go(next);
}

void MainWindow::show_state() {
  const QString path = qt(session_.path().string());
  const MessagePage::Action measure{"Measure the smoke suite",
                                    [this] { new_run("run --suite smoke"); }};
  const MessagePage::Action open{"Open another database", [this] { ask_for_database(); }};
  const QString own_runs =
      "Ridgepoint measures how fast models and operators run, and keeps every sample. A first run "
      "takes "
      "about a minute:\n\n    ridgepoint run --suite smoke\n\nIt appears here while it is being "
      "measured.";
  switch (session_.state()) {
    case Session::State::missing:
      if (session_.problem().isEmpty()) {
        message_page_->show_message("Nothing has been measured yet",
                                    "There is no database at " + path + ".\n\n" + own_runs,
                                    {measure, open});
      } else {
        message_page_->show_message("The database is gone",
                                    "There is no database at " + path + " any more. " +
                                        session_.problem() + " It is shown again once it is back.",
                                    {open});
      }
      stack_->setCurrentWidget(message_page_);
      break;
    case Session::State::empty:
      message_page_->show_message("No run yet", path + " holds no run.\n\n" + own_runs,
                                  {measure, open});
      stack_->setCurrentWidget(message_page_);
      break;
    case Session::State::unreadable:
      message_page_->show_message("This database cannot be read", session_.problem(),
                                  {{"Try again", [this] { session_.reopen(); }}, open});
      stack_->setCurrentWidget(message_page_);
      break;
    case Session::State::older:
      message_page_->show_message(
          "The database is brought up to date",
          path +
              " was written by an older Ridgepoint. It is copied, checked and brought up to the "
              "schema that this one reads; as it was, it stays beside it, as " +
              path + ".schemaN.backup.",
          {});
      stack_->setCurrentWidget(message_page_);
      break;
    case Session::State::ready:
      break;
  }
  show_place();
}

void MainWindow::show_steps() {
  back_->setEnabled(session_.itinerary().can_go_back());
  forward_->setEnabled(session_.itinerary().can_go_forward());
}

void MainWindow::show_place() {
  const Place& place = session_.place();
  show_steps();
  const RunEntry* pinned = session_.runs()->find(place.baseline);
  unpin_->setVisible(!place.baseline.empty());
  const QString label = pinned == nullptr ? QString() : qt(pinned->run().label);
  baseline_->setText(place.baseline.empty()
                         ? QString("No baseline pinned")
                         : QString::fromUtf8("Baseline ◆ %1 %2")
                               .arg(short_id(place.baseline), shortened(label, kLongestLabel))
                               .trimmed());
  baseline_->setToolTip(label);
  const QSignalBlocker quiet(navigation_);
  for (int i = 0; i < navigation_->count(); ++i) {
    if (navigation_->item(i)->data(Qt::UserRole).toString() == current_view()->name()) {
      navigation_->setCurrentRow(i);
    }
  }
  navigation_->setEnabled(session_.state() == Session::State::ready);
  if (session_.state() != Session::State::ready) {
    range_bar_->hide();
    return;
  }
  View* current = current_view();
  const bool moved = stack_->currentWidget() != current;
  stack_->setCurrentWidget(current);
  current->refresh();
  show_range();
  if (moved) current->first_focus()->setFocus();
}

void MainWindow::show_range() {
  const auto& range = session_.place().range;
  range_bar_->setVisible(range.has_value());
  if (!range) return;
  QString of = "another case";
  if (const auto run = session_.run(range->run_id); run.value != nullptr) {
    const auto& records = run.value->records;
    const auto record = std::ranges::find(records, range->record_id, &Record::id);
    if (record != records.end()) {
      of = QString("%1 of run %2").arg(qt(label(record->subject)), short_id(range->run_id));
    }
  }
  const auto length_ns = static_cast<double>(range->end_ns - range->begin_ns);
  range_says_->setText(
      QString("Range: %1 of the trace of %2. %3")
          .arg(qt(format_value(length_ns, "ns")), of, current_view()->range_here()));
}

QString MainWindow::range_words() const {
  return range_bar_->isHidden() ? QString() : range_says_->text();
}

void MainWindow::show_palette() {
  auto* palette = new CommandPalette(session_, commands_, this);
  palette->open();
}

void MainWindow::show_help() {
  auto* help = new HelpPage(commands_, views_, this);
  help->open();
}

void MainWindow::new_run(const QString& arguments) {
  if (new_run_ == nullptr) new_run_ = new NewRun(session_, this);
  if (!new_run_->running() && !arguments.isEmpty()) new_run_->set_arguments(arguments);
  new_run_->show();
  new_run_->raise();
}

void MainWindow::ask_for_database() {
  const QString path =
      QFileDialog::getOpenFileName(this, "Open a database", {}, "Databases (*.db);;All files (*)");
  if (!path.isEmpty()) open({utf8(path)});
}

void MainWindow::tell(const QString& text) {
  statusBar()->showMessage(text, kTold_ms);
}

void MainWindow::copy_png() {
  QGuiApplication::clipboard()->setPixmap(stack_->currentWidget()->grab());
  tell("Copied the view as a picture.");
}

void MainWindow::copy_svg() {
  auto* copied = new QMimeData;
  const QByteArray bytes = svg_of(*stack_->currentWidget());
  copied->setData("image/svg+xml", bytes);
  copied->setText(QString::fromUtf8(bytes));
  QGuiApplication::clipboard()->setMimeData(copied);
  tell("Copied the view as a drawing.");
}

void MainWindow::copy_csv() {
  QGuiApplication::clipboard()->setText(csv_text(current_view()->rows()));
  tell("Copied the table as CSV.");
}

void MainWindow::copy_command_line() {
  const QString line = current_view()->command_line();
  if (line.isEmpty()) {
    tell("Nothing is chosen that a command line could print.");
    return;
  }
  QGuiApplication::clipboard()->setText(line);
  tell("Copied: " + line);
}

void MainWindow::copy_picture_command() {
  QString tab;
  for (const QTabWidget* tabs : current_view()->findChildren<QTabWidget*>()) {
    if (tabs->isVisible() && tabs->currentIndex() > 0) {
      tab = tabs->tabText(tabs->currentIndex()).remove('&').section(':', 0, 0);
    }
  }
  const QString line = picture_command(session_, window()->size(), theme_of(palette()).dark, tab);
  QGuiApplication::clipboard()->setText(line);
  tell("Copied: " + line);
}

bool MainWindow::save_picture(const QString& path) {
  if (path.endsWith(".csv")) {
    QFile file(path);
    const QByteArray bytes = csv_text(current_view()->rows()).toUtf8();
    return file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size() && file.flush();
  }
  if (path.endsWith(".svg")) {
    QFile file(path);
    const QByteArray bytes = svg_of(*this);
    return file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size() && file.flush();
  }
  return grab().save(path);
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
  if (event->mimeData()->hasUrls()) event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event) {
  std::vector<std::filesystem::path> paths;
  for (const QUrl& url : event->mimeData()->urls()) {
    if (url.isLocalFile()) paths.emplace_back(utf8(url.toLocalFile()));
  }
  if (!paths.empty()) open(paths);
}

void MainWindow::use_theme(const QString& name) {
  apply_theme(*qApp, name);
  if (remembers_) own_settings().setValue("theme", name);
}

QString MainWindow::remembered_theme() {
  return own_settings().value("theme").toString();
}

void MainWindow::restore_layout() {
  if (!remembers_) return;
  const QSettings settings = own_settings();
  restoreGeometry(settings.value("geometry").toByteArray());
  for (QSplitter* splitter : findChildren<QSplitter*>()) {
    const QByteArray state = settings.value("splitter/" + splitter->objectName()).toByteArray();
    if (!state.isEmpty()) splitter->restoreState(state);
  }
}

void MainWindow::keep_layout() const {
  if (!remembers_) return;
  QSettings settings = own_settings();
  settings.setValue("geometry", saveGeometry());
  for (const QSplitter* splitter : findChildren<QSplitter*>()) {
    settings.setValue("splitter/" + splitter->objectName(), splitter->saveState());
  }
}

void MainWindow::closeEvent(QCloseEvent* event) {
  keep_layout();
  QMainWindow::closeEvent(event);
}

}  // namespace ridgepoint
