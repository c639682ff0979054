// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/app/dashboard.h"

int main(int argc, char** argv) {
  return ridgepoint::run_dashboard(argc, argv);
}
