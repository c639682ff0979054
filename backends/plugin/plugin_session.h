// A session of an engine that somebody else wrote. Arguments are checked before the border and
// results behind it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "backends/plugin/plugin_engine.h"
#include "backends/session.h"

namespace ridgepoint {

class PluginSession : public Session {
 public:
  /// `model` must outlive the session.
  PluginSession(std::shared_ptr<const PluginEngine> engine, const Model& model,
                const SessionOptions& options);
  ~PluginSession() override;
  PluginSession(const PluginSession&) = delete;
  PluginSession& operator=(const PluginSession&) = delete;

  /// Error, besides Session's: the engine failed, or chose a token outside the vocabulary.
  void forward(std::span<const std::int32_t> tokens) override;
  [[nodiscard]] std::span<const std::int32_t> next_tokens() const override { return next_; }
  /// Not-a-number and infinities are passed on: telling wrong outputs is the check's business.
  [[nodiscard]] std::span<const float> logits() override;
  void truncate(std::int64_t length) override;
  [[nodiscard]] std::int64_t length() const override { return length_; }
  [[nodiscard]] MemoryLedger memory() const override;
  /// No: the interface has no way to announce ops.
  [[nodiscard]] Support trace(SpanRecorder* recorder) override;

 private:
  [[nodiscard]] const ridgepoint_plugin& table() const { return engine_->library().table; }
  void choose_next();

  std::shared_ptr<const PluginEngine> engine_;
  ModelDescription description_;
  std::int64_t batch_, capacity_, vocab_;
  std::int64_t length_ = 0;
  std::vector<std::int32_t> next_;
  std::vector<float> logits_;
  ridgepoint_session* session_ = nullptr;
};

}  // namespace ridgepoint
