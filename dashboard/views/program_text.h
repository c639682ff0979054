// SPDX-License-Identifier: GPL-3.0-or-later
// ProgramText: what a command of ridgepoint prints about the database, asked for in a process of
// its own: for what only the harness can work out, such as the noise passport.
#pragma once

#include <QPlainTextEdit>
#include <QProcess>
#include <QStringList>

namespace ridgepoint {

class ProgramText : public QPlainTextEdit {
  Q_OBJECT
 public:
  explicit ProgramText(const QString& accessible_name, QWidget* parent = nullptr);
  ~ProgramText() override;

  /// Runs `program` with these arguments unless what stands here is their answer already; `version`
  /// is of the database.
  void show_answer(const QString& program, const QStringList& arguments, qint64 version);
  [[nodiscard]] bool busy() const { return process_.state() != QProcess::NotRunning; }

 private:
  void take();

  QProcess process_;
  QStringList asked_;
};

}  // namespace ridgepoint
