// SPDX-License-Identifier: GPL-3.0-or-later
// From what was typed to a place: nothing that was asked for is put aside in silence. What is not
// there, and what a control cannot be set to, is an Error of one line.
#pragma once

#include "dashboard/app/main_window.h"
#include "dashboard/app/options.h"

namespace ridgepoint {

/// To the place that the options name, in a database that is open.
void go_where_asked(MainWindow& window, const DashboardOptions& options);

/// Opens the tab that was asked for, and sees to it that size, controls and charts are as asked; of
/// a window that is shown.
void require_as_asked(MainWindow& window, const DashboardOptions& options);

/// Whether the run that is shown, or the baseline, traced an op of this id.
bool has_op(const Session& session, const std::string& op_id);

}  // namespace ridgepoint
