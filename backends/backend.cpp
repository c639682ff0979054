#include "backends/backend.h"

#include "backends/graph_session.h"

namespace ridgepoint {

Support Execution::trace(SpanRecorder*) {
  return Support::no("the backend announces no ops");
}

Support Backend::streams() const {
  return Support::no("backend '" + describe().name + "' reads weights only where all of them lie");
}

Support Backend::supports(const Model& model, const SessionOptions& options) const {
  return GraphSession::supported(*this, model, options);
}

std::unique_ptr<Session> Backend::open_session(const Model& model,
                                               const SessionOptions& options) const {
  return std::make_unique<GraphSession>(*this, model, options);
}

}  // namespace ridgepoint
