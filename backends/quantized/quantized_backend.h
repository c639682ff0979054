// The CPU backend for quantised weights, which may stand beside ones stored as floats: weights are
// put in tiles when a model is loaded; activations are quantised to eight bits on the fly where a
// weight's type means integer products, and stay floats where it does not (w4_..., fp8).
#pragma once

#include <memory>
#include <string_view>

#include "backends/host/host_backend.h"

namespace ridgepoint {

class QuantizedBackend : public HostBackend {
 public:
  static constexpr std::string_view kName = "quantized";
  static constexpr std::string_view kSummary =
      "this machine's cores at their best, for quantised weights and models that mix them";

  using HostBackend::HostBackend;
  [[nodiscard]] BackendDescription describe() const override;
  using Backend::supports;
  [[nodiscard]] Support supports(const Graph& graph) const override;

 protected:
  [[nodiscard]] std::string_view name() const override { return kName; }
};

std::unique_ptr<Backend> open_quantized_backend(std::string_view options);

}  // namespace ridgepoint
