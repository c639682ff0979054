// The CPU backend for weights that are stored as floats: f32, f16 and bf16, used where they lie.
#pragma once

#include <memory>
#include <string_view>

#include "backends/host/host_backend.h"

namespace ridgepoint {

class CpuBackend : public HostBackend {
 public:
  static constexpr std::string_view kName = "cpu";
  static constexpr std::string_view kSummary =
      "this machine's cores at their best, for weights stored as f32, f16 or bf16";

  using HostBackend::HostBackend;
  [[nodiscard]] BackendDescription describe() const override;
  using Backend::supports;
  [[nodiscard]] Support supports(const Graph& graph) const override;

 protected:
  [[nodiscard]] std::string_view name() const override { return kName; }
};

std::unique_ptr<Backend> open_cpu_backend(std::string_view options);

}  // namespace ridgepoint
