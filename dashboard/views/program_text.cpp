// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/views/program_text.h"

#include <QFontDatabase>

namespace ridgepoint {
namespace {

constexpr int kEnds_ms = 2000;

}  // namespace

ProgramText::ProgramText(const QString& accessible_name, QWidget* parent) : QPlainTextEdit(parent) {
  setReadOnly(true);
  setFrameShape(QFrame::NoFrame);
  setLineWrapMode(QPlainTextEdit::NoWrap);
  setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
  setAccessibleName(accessible_name);
  QObject::connect(&process_, &QProcess::finished, this, &ProgramText::take);
  QObject::connect(&process_, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
    if (error != QProcess::FailedToStart) return;
    setPlainText(process_.program() + " cannot be started: " + process_.errorString());
  });
}

ProgramText::~ProgramText() {
  process_.disconnect(this);
  if (!busy()) return;
  process_.kill();
  process_.waitForFinished(kEnds_ms);
}

void ProgramText::show_answer(const QString& program, const QStringList& arguments,
                              qint64 version) {
  const QStringList asked = QStringList(arguments) << program << QString::number(version);
  if (asked == asked_ || busy()) return;
  asked_ = asked;
  setPlainText("...");
  process_.start(program, arguments);
}

void ProgramText::take() {
  const QString said = QString::fromUtf8(process_.readAllStandardOutput());
  const QString problem = QString::fromUtf8(process_.readAllStandardError());
  setPlainText(said.isEmpty() ? problem : said);
}

}  // namespace ridgepoint
