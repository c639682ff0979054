// SPDX-License-Identifier: GPL-3.0-or-later
// HelpPage: every key, and what the search box understands.
#pragma once

#include <QDialog>
#include <vector>

#include "dashboard/app/command.h"

namespace ridgepoint {

class View;

class HelpPage : public QDialog {
  Q_OBJECT
 public:
  HelpPage(const std::vector<Command>& commands, const std::vector<View*>& views, QWidget* parent);
};

}  // namespace ridgepoint
