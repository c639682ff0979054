// The null backend: supports everything and does nothing, in a known time. What a measurement of it
// shows is the harness's own cost.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "backends/backend.h"

namespace ridgepoint {

class NullBackend : public Backend {
 public:
  static constexpr std::string_view kName = "null";
  static constexpr std::string_view kSummary =
      "computes nothing, in a known time: measures the harness";
  static constexpr std::string_view kOptions =
      "latency_ns=N: a pass spins until N nanoseconds have gone by (default 0: returns at once)";

  /// `latency_ns`: how long one pass takes, whatever its size; with 0 no clock is read.
  explicit NullBackend(std::int64_t latency_ns) : latency_ns_(latency_ns) {}

  [[nodiscard]] BackendDescription describe() const override;
  [[nodiscard]] bool computes() const override { return false; }
  [[nodiscard]] Support supports(const Graph& graph) const override;
  [[nodiscard]] std::shared_ptr<Cache> make_cache(const Graph& graph) const override;
  /// Its outputs read as zeros.
  [[nodiscard]] std::unique_ptr<Execution> prepare(const Graph& graph, const WeightMap& weights,
                                                   const PrepareOptions& options) const override;
  [[nodiscard]] Support supports(const Model& model, const SessionOptions& options) const override;
  /// Every forward is one pass, whatever its length; token 0 and zero logits come out.
  [[nodiscard]] std::unique_ptr<Session> open_session(const Model& model,
                                                      const SessionOptions& options) const override;

 private:
  std::int64_t latency_ns_;
};

/// Error for an unknown or senseless option.
std::unique_ptr<Backend> open_null_backend(std::string_view options);

}  // namespace ridgepoint
