// SPDX-License-Identifier: GPL-3.0-or-later
// The dashboard as a program: `ridgepoint-dashboard`, also reached as `ridgepoint dashboard`.
#pragma once

namespace ridgepoint {

/// Exit code: 0, or 2 with one line on standard error for what cannot be done.
int run_dashboard(int argc, char** argv);

}  // namespace ridgepoint
