// SPDX-License-Identifier: GPL-3.0-or-later
// MarkEditor: one line in which the tags or the note of a run are typed. Enter stores, Escape does
// not; what cannot be stored stays to be mended, with the reason beside it.
#pragma once

#include <QStringList>
#include <QWidget>
#include <string>

#include "dashboard/models/session.h"

class QLabel;
class QLineEdit;

namespace ridgepoint {

class MarkEditor : public QWidget {
  Q_OBJECT
 public:
  enum class What { tags, note };

  explicit MarkEditor(Session& session, QWidget* parent = nullptr);

  /// Shows the line with what the run has now.
  void edit(const std::string& run_id, What what);
  void leave();
  [[nodiscard]] QLineEdit* line() const { return line_; }
  [[nodiscard]] QString problem() const;

 Q_SIGNALS:
  void left();

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void store();

  Session& session_;
  QLabel* asked_;
  QLineEdit* line_;
  QLabel* problem_;
  std::string run_;
  What what_ = What::tags;
  QStringList tags_before_;
};

}  // namespace ridgepoint
