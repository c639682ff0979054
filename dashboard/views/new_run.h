// SPDX-License-Identifier: GPL-3.0-or-later
// NewRun: starts a measurement as a person would, with the command line, in a process of its own;
// shows what it says, and interrupts it as Ctrl-C would, so that what was measured is kept.
#pragma once

#include <QDialog>
#include <QProcess>

#include "dashboard/models/output_lines.h"
#include "dashboard/models/session.h"

class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QProgressBar;
class QPushButton;

namespace ridgepoint {

class NewRun : public QDialog {
  Q_OBJECT
 public:
  explicit NewRun(Session& session, QWidget* parent = nullptr);
  ~NewRun() override;

  /// What stands after "ridgepoint"; the database is added by itself.
  void set_arguments(const QString& arguments);
  void start();
  void cancel();
  [[nodiscard]] bool running() const { return process_.state() != QProcess::NotRunning; }
  [[nodiscard]] QString output() const;
  [[nodiscard]] QString status() const;
  /// As the process says; 0 before it does.
  [[nodiscard]] int cases_begun() const;
  /// The program that is started; beside this one, else by its name.
  static QString program();

 Q_SIGNALS:
  void finished_run(int exit_code);

 private:
  void show_state();
  void read_output();
  void take_lines(const QString& text);

  Session& session_;
  QProcess process_;
  OutputLines lines_;
  QLineEdit* arguments_;
  QPlainTextEdit* output_;
  QLabel* status_;
  QPushButton* start_;
  QPushButton* cancel_;
  QProgressBar* progress_;
};

}  // namespace ridgepoint
