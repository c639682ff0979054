#include "harness/environment/new_run.h"

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "harness/environment/build_info.h"
#include "harness/environment/environment.h"
#include "profiler/clock/monotonic_clock.h"
#include "results/store/store.h"

namespace ridgepoint {

Run new_run(const std::string& suite, const std::string& label, const std::string& command) {
  auto environment = read_environment();
  const auto git = read_git_state();
  Run run;
  run.id = new_uuid();
  run.label = label;
  run.suite = suite;
  run.command = command;
  run.tool_version = build_info().version;
  run.git_commit = git.commit;
  run.git_branch = git.branch;
  run.git_dirty = git.dirty;
  run.status = "running";
  run.started_unix_ns = unix_ns();
  run.environment_hash = std::move(environment.stable_hash);
  run.environment = std::move(environment.stable);
  run.conditions = read_conditions();
  if (!git.why_none.empty()) {
    auto conditions = nlohmann::json::parse(run.conditions);
    conditions[std::string(kNoGit)] = git.why_none;
    run.conditions = conditions.dump();
  }
  return run;
}

}  // namespace ridgepoint
