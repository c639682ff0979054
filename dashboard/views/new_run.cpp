// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/views/new_run.h"

#include <sys/types.h>

#include <QCoreApplication>
#include <QFileInfo>
#include <QFontDatabase>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QRegularExpression>
#include <QVBoxLayout>
#include <algorithm>
#include <csignal>

#include "dashboard/models/text.h"

namespace ridgepoint {

NewRun::NewRun(Session& session, QWidget* parent)
    : QDialog(parent),
      session_(session),
      arguments_(new QLineEdit("run --suite smoke")),
      output_(new QPlainTextEdit),
      status_(new QLabel),
      start_(new QPushButton("Start")),
      cancel_(new QPushButton("Interrupt")),
      progress_(new QProgressBar) {
  setWindowTitle("New run");
  resize(760, 420);
  arguments_->setAccessibleName("Arguments of ridgepoint");
  arguments_->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
  output_->setReadOnly(true);
  output_->setFont(arguments_->font());
  output_->setMaximumBlockCount(5000);
  output_->setAccessibleName("What the run says");
  status_->setWordWrap(true);
  progress_->setAccessibleName("Cases that were begun, of all");
  progress_->setFormat("case %v of %m");
  progress_->hide();
  auto* line = new QHBoxLayout;
  line->addWidget(new QLabel("ridgepoint"));
  line->addWidget(arguments_, 1);
  line->addWidget(start_);
  line->addWidget(cancel_);
  auto* lines = new QVBoxLayout(this);
  lines->addLayout(line);
  lines->addWidget(status_);
  lines->addWidget(progress_);
  lines->addWidget(output_, 1);

  process_.setProcessChannelMode(QProcess::MergedChannels);
  QObject::connect(&process_, &QProcess::readyRead, this, &NewRun::read_output);
  QObject::connect(&process_, &QProcess::stateChanged, this, &NewRun::show_state);
  QObject::connect(&process_, &QProcess::errorOccurred, this, &NewRun::show_state);
  QObject::connect(&process_, &QProcess::finished, this, [this](int code) {
    read_output();
    take_lines(lines_.rest());
    show_state();
    Q_EMIT finished_run(code);
  });
  QObject::connect(start_, &QPushButton::clicked, this, &NewRun::start);
  QObject::connect(arguments_, &QLineEdit::returnPressed, this, &NewRun::start);
  QObject::connect(cancel_, &QPushButton::clicked, this, &NewRun::cancel);
  show_state();
}

NewRun::~NewRun() {
  process_.disconnect(this);
  if (running()) {
    cancel();
    process_.waitForFinished(5000);
  }
}

QString NewRun::program() {
  const QString beside = QCoreApplication::applicationDirPath() + "/ridgepoint";
  return QFileInfo(beside).isExecutable() ? beside : QStringLiteral("ridgepoint");
}

void NewRun::set_arguments(const QString& arguments) {
  arguments_->setText(arguments);
}

void NewRun::start() {
  if (running()) return;
  QStringList arguments = QProcess::splitCommand(arguments_->text());
  const bool names_database = std::ranges::any_of(
      arguments, [](const QString& each) { return each == "--db" || each.startsWith("--db="); });
  if (!names_database) arguments << "--db" << qt(session_.path().string());
  output_->clear();
  lines_.rest();
  progress_->setRange(0, 0);  // nothing is known yet
  process_.start(program(), arguments);
}

void NewRun::cancel() {
  // The harness ends the case that it is in, keeps what was measured and says so.
  if (process_.processId() > 0) ::kill(static_cast<pid_t>(process_.processId()), SIGINT);
}

void NewRun::read_output() {
  take_lines(lines_.take(process_.readAll()));
}

void NewRun::take_lines(const QString& text) {
  if (text.trimmed().isEmpty()) return;
  output_->appendPlainText(text);
  // The newest line that says which case of how many it is about.
  static const QRegularExpression kCase("^\\[(\\d+)/(\\d+)\\]",
                                        QRegularExpression::MultilineOption);
  auto found = kCase.globalMatch(text);
  while (found.hasNext()) {
    const auto match = found.next();
    progress_->setRange(0, match.captured(2).toInt());
    progress_->setValue(match.captured(1).toInt());
  }
}

void NewRun::show_state() {
  start_->setEnabled(!running());
  arguments_->setEnabled(!running());
  cancel_->setEnabled(running());
  progress_->setVisible(running());
  if (process_.state() == QProcess::Starting) {
    status_->setText("Starting ...");
  } else if (running()) {
    status_->setText(
        "Measuring. Other work on this machine disturbs it, this window too: best leave it alone.");
  } else if (process_.error() == QProcess::FailedToStart) {
    status_->setText(QString("%1 cannot be started: %2").arg(program(), process_.errorString()));
  } else if (!output_->toPlainText().isEmpty() || process_.exitCode() != 0) {
    const int code = process_.exitCode();
    status_->setText(code == 0     ? QString("Done.")
                     : code == 1   ? QString("Done, but a case did not come out ok.")
                     : code == 130 ? QString("Interrupted; what was measured is kept.")
                                   : QString("Ended with exit code %1, see below.").arg(code));
  } else {
    status_->setText("Measures in a process of its own and stores into " +
                     qt(session_.path().string()) + ".");
  }
}

QString NewRun::output() const {
  return output_->toPlainText();
}

int NewRun::cases_begun() const {
  return progress_->maximum() > 0 ? progress_->value() : 0;
}

QString NewRun::status() const {
  return status_->text();
}

}  // namespace ridgepoint
