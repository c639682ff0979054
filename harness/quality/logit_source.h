// Where the logits of a text's windows come from: a session that computes them, or a file that
// keeps them (logit_file.h). Piece by piece, so that neither needs a window's logits in memory.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "backends/session.h"
#include "harness/quality/text_windows.h"

namespace ridgepoint {

/// For each window: begin, then read until its targets are used up, then maybe greedy.
class LogitSource {
 public:
  virtual ~LogitSource() = default;
  virtual void begin(const TextWindow& window) = 0;
  /// Logits of the next scored rows: [n, vocab], n at most those that the window has left.
  virtual void read(std::int64_t rows, std::span<float> logits) = 0;
  /// `count` tokens, each the most probable one, after the window's first half.
  virtual std::vector<std::int32_t> greedy(std::int64_t count) = 0;
};

/// Computes them. The session has a batch of 1 and holds a window, or half of one and a greedy
/// continuation.
class SessionLogits : public LogitSource {
 public:
  explicit SessionLogits(Session& session) : session_(session) {}
  void begin(const TextWindow& window) override;
  void read(std::int64_t rows, std::span<float> logits) override;
  std::vector<std::int32_t> greedy(std::int64_t count) override;

 private:
  void note_choice();

  Session& session_;
  const TextWindow* window_ = nullptr;
  std::int32_t choice_ = 0;  ///< of the model after the first half
};

}  // namespace ridgepoint
