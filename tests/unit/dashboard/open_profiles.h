// The whole window over profiled runs, with all that can be chosen chosen.
#pragma once

#include "dashboard/views/view.h"
#include "tests/unit/dashboard/open_window.h"
#include "tests/unit/dashboard/profiled_data.h"

namespace ridgepoint {

/// Two profiled runs, one of them pinned, the other with its case and an op chosen.
struct OpenProfiles {
  ProfiledRuns data;
  OpenWindow open{data.database};
  MainWindow& window = open.window;
  OpenProfiles() {
    window.session().pin_baseline(data.before.run.id);
    window.session().choose_run(data.after.run.id);
    window.session().choose_case(case_hash(data.after.records[0].subject));
    window.session().choose_op("layer.1.ffn.up", "decode");
  }
  template <class Look>
  void in_every_view(Look&& look) {
    for (const QString& name : window.view_names()) {
      SCOPED_TRACE(name.toStdString());
      window.go_to(name);
      QTest::qWait(1);
      look(*window.current_view());
    }
  }
};

}  // namespace ridgepoint
