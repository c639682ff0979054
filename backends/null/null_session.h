// A session that keeps count and computes nothing.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "backends/session.h"

namespace ridgepoint {

class NullSession : public Session {
 public:
  NullSession(std::int64_t vocabulary, const SessionOptions& options, std::int64_t latency_ns);

  void forward(std::span<const std::int32_t> tokens) override;
  /// There is nothing to copy.
  [[nodiscard]] Support copies_past() const override { return Support::yes(); }
  [[nodiscard]] std::span<const std::int32_t> next_tokens() const override { return next_; }
  [[nodiscard]] std::span<const float> logits() override { return logits_; }
  void truncate(std::int64_t length) override;
  [[nodiscard]] std::int64_t length() const override { return length_; }
  [[nodiscard]] MemoryLedger memory() const override;
  /// No: it runs no graph.
  [[nodiscard]] Support trace(SpanRecorder* recorder) override;

 private:
  std::int64_t vocabulary_, batch_, capacity_, latency_ns_;
  std::int64_t length_ = 0;
  std::vector<std::int32_t> next_;
  std::vector<float> logits_;
};

}  // namespace ridgepoint
