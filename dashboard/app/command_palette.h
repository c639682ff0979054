// SPDX-License-Identifier: GPL-3.0-or-later
// CommandPalette: everything that can be done, found by typing a part of it; and runs, by what the
// search box would find.
#pragma once

#include <QDialog>
#include <vector>

#include "dashboard/app/command.h"
#include "dashboard/models/session.h"

class QLineEdit;
class QListWidget;

namespace ridgepoint {

class CommandPalette : public QDialog {
  Q_OBJECT
 public:
  CommandPalette(Session& session, const std::vector<Command>& commands, QWidget* parent);
  [[nodiscard]] QLineEdit* box() const { return box_; }
  [[nodiscard]] QListWidget* list() const { return list_; }

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void find(const QString& text);
  void take();

  Session& session_;
  const std::vector<Command>& commands_;
  QLineEdit* box_;
  QListWidget* list_;
  std::vector<std::function<void()>> actions_;
};

}  // namespace ridgepoint
