// A view that is in sight and hears of every change, as the window arranges it.
#pragma once

#include "dashboard/views/view.h"
#include "tests/unit/dashboard/dashboard_data.h"

namespace ridgepoint {

template <class Shown>
struct InSight {
  Session session;
  Shown view{session};
  explicit InSight(const std::filesystem::path& database) {
    QObject::connect(&session, &Session::place_changed, &view, &View::refresh);
    QObject::connect(&session, &Session::data_changed, &view, &View::refresh);
    view.resize(1120, 660);
    open_whole(session, database);
    view.show();
    view.refresh();
    QTest::qWait(1);
  }
};

}  // namespace ridgepoint
