// Session: a model with its KV cache, as an engine offers it: feed tokens, get the next ones. What
// the harness measures for language models; engines that others wrote implement just this.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "backends/memory_ledger.h"
#include "backends/support.h"
#include "workloads/allocation.h"
#include "workloads/tensor/type.h"

namespace ridgepoint {

class SpanRecorder;
class WeightFeed;

/// What a backend says that is asked to record.
inline constexpr std::string_view kNothingToRecord =
    "it launches nothing on a device that could be recorded (graph)";

struct SessionOptions {
  std::int64_t batch = 1;
  std::int64_t capacity = 0;  ///< most tokens a sequence will hold
  Type kv_type = Type::f16;
  int threads = 1;
  /// A longer prompt is worked through in pieces of at most this many rows (batch * tokens), which
  /// bounds activation memory; none: as many as the backend likes (Backend::prefill_rows).
  std::optional<std::int64_t> prefill_rows = std::nullopt;
  bool fuse = true;  ///< see PrepareOptions::fuse
  Allocation allocation = Allocation::arena;
  std::optional<bool> record = std::nullopt;  ///< see PrepareOptions::record
  WeightFeed* feed = nullptr;                 ///< see PrepareOptions::feed
};

class Session {
 public:
  virtual ~Session() = default;
  /// Appends tokens to every sequence: `tokens` is [batch, n], sequence-major. Returns when
  /// next_tokens() and logits() are ready: n > 1 is a prefill, n == 1 a decode step. Error past the
  /// capacity or for a token outside the vocabulary.
  virtual void forward(std::span<const std::int32_t> tokens) = 0;
  /// Gets ready for a forward of `tokens` tokens a sequence, so that it finds everything prepared:
  /// to be called outside timed regions. Optional, and changes no result.
  virtual void prepare(std::int64_t tokens) { static_cast<void>(tokens); }
  /// Whether fill_alike works the tokens through for one sequence and copies what they leave in the
  /// cache to the others; or why it does not.
  [[nodiscard]] virtual Support copies_past() const {
    return Support::no("the engine has no way to copy a sequence's cache");
  }
  /// Starts anew with the same tokens for every sequence: `tokens` is [n], and all is as after
  /// truncate(0) and a forward of them for each, but for rounding. Never timed. By default just
  /// that, which any engine can; see copies_past.
  virtual void fill_alike(std::span<const std::int32_t> tokens);
  /// Greedy choice (lowest index among equals) after the last forward, one a sequence.
  [[nodiscard]] virtual std::span<const std::int32_t> next_tokens() const = 0;
  /// Logits of the last position, [batch, vocab]; valid until the next call. May copy: never timed.
  [[nodiscard]] virtual std::span<const float> logits() = 0;
  /// Appends tokens as forward does and writes the logits of each of them: `tokens` is [batch, n],
  /// `logits` [batch, n, vocab], sequence-major. Never timed. By default token by token through
  /// forward, which any engine can; the caller bounds memory by how many tokens it gives at once.
  /// std::logic_error when the sizes do not fit each other.
  virtual void score(std::span<const std::int32_t> tokens, std::span<float> logits);
  /// Forgets everything after the first `length` tokens of each sequence; 0 starts anew.
  virtual void truncate(std::int64_t length) = 0;
  [[nodiscard]] virtual std::int64_t length() const = 0;
  [[nodiscard]] virtual MemoryLedger memory() const = 0;
  /// As Execution::trace: each forward announces its ops from now on, until null is given. No, with
  /// the reason, where the engine does not say what it does.
  [[nodiscard]] virtual Support trace(SpanRecorder* recorder) {
    static_cast<void>(recorder);
    return Support::no("the engine announces no ops");
  }
};

}  // namespace ridgepoint
