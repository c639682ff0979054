#include "backends/backend.h"

#include <fmt/format.h>

#include <stdexcept>

#include "backends/device_ceilings.h"
#include "backends/graph_session.h"
#include "workloads/error.h"

namespace ridgepoint {

void Cache::spread_past(const Cache&, std::int64_t) {
  throw std::logic_error("Cache::spread_past: " + spreads_past().reason);
}

Support Execution::time_on_device(bool) {
  return Support::no("the backend has no device that times runs");
}

Support Execution::trace(SpanRecorder*) {
  return Support::no("the backend announces no ops");
}

Support Backend::streams() const {
  return Support::no("backend '" + describe().name + "' reads weights only where all of them lie");
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): those that override this keep them
std::unique_ptr<Execution> Backend::in_turns(std::vector<std::unique_ptr<Execution>>) const {
  return nullptr;
}

ceilings::Measured Backend::measure_ceilings(const DeviceCeilingOptions&,
                                             const std::atomic<bool>&) const {
  throw Error(
      fmt::format("backend '{}' computes on the processor, whose ceilings `ridgepoint "
                  "roofline` measures without --device",
                  describe().name));
}

Support Backend::supports(const Model& model, const SessionOptions& options) const {
  return GraphSession::supported(*this, model, options);
}

std::unique_ptr<Session> Backend::open_session(const Model& model,
                                               const SessionOptions& options) const {
  return std::make_unique<GraphSession>(*this, model, options);
}

}  // namespace ridgepoint
