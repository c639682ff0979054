#include "backends/quantized/quantized_backend.h"

#include <fmt/format.h>

namespace ridgepoint {

BackendDescription QuantizedBackend::describe() const {
  return {std::string(kName), version(), std::string(kSummary)};
}

Support QuantizedBackend::supports(const Graph& graph) const {
  for (const Node& node : graph.nodes()) {
    if (!std::holds_alternative<MatrixProduct>(node.op)) continue;
    const Value& weight = graph.value(node.inputs[1]);
    if (host::PlainMatrix::takes(weight.type) || TiledWeights::has_form(weight.type)) continue;
    return Support::no(fmt::format("'{}' is stored as {}, which has no kernel here", weight.name,
                                   ridgepoint::name_of(weight.type)));
  }
  return Support::yes();
}

std::unique_ptr<Backend> open_quantized_backend(std::string_view options) {
  return std::make_unique<QuantizedBackend>(parse_host_options(QuantizedBackend::kName, options));
}

}  // namespace ridgepoint
