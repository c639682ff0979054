// The whole window over a database, in sight, with everything read.
#pragma once

#include "dashboard/app/main_window.h"
#include "tests/unit/dashboard/dashboard_data.h"

namespace ridgepoint {

struct OpenWindow {
  MainWindow window{false};
  explicit OpenWindow(const std::filesystem::path& database, QSize size = {1280, 720}) {
    window.resize(size);
    window.open({database});
    window.show();
    window.activateWindow();
    wait_until([&] { return !window.session().loading(); });
    QTest::qWait(1);
  }
};

}  // namespace ridgepoint
