#include "backends/cpu/cpu_backend.h"

#include <fmt/format.h>

namespace ridgepoint {

BackendDescription CpuBackend::describe() const {
  return {std::string(kName), version(), std::string(kSummary)};
}

Support CpuBackend::supports(const Graph& graph) const {
  for (const Node& node : graph.nodes()) {
    if (!std::holds_alternative<MatrixProduct>(node.op)) continue;
    const Value& weight = graph.value(node.inputs[1]);
    if (!host::PlainMatrix::takes(weight.type)) {
      return Support::no(fmt::format("'{}' is stored as {}: backend 'quantized' takes such weights",
                                     weight.name, ridgepoint::name_of(weight.type)));
    }
  }
  return Support::yes();
}

std::unique_ptr<Backend> open_cpu_backend(std::string_view options) {
  return std::make_unique<CpuBackend>(parse_host_options(CpuBackend::kName, options));
}

}  // namespace ridgepoint
