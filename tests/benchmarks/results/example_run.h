// A run to put into a database.
#pragma once

#include <string>

#include "results/store/store.h"

namespace ridgepoint {

inline Run some_run() {
  Run run;
  run.id = new_uuid();
  run.suite = "benchmark";
  run.status = "running";
  run.started_unix_ns = 1'700'000'000'000'000'000;
  run.environment = R"({"cpu":{"cores":2,"model":"some"}})";
  run.environment_hash = "00";
  run.conditions = "{}";
  return run;
}

}  // namespace ridgepoint
