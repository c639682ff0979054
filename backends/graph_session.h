// GraphSession: a Session made of a backend's own executions. One execution per number of tokens a
// sequence, all over one cache: decode (one token) is prepared when the session opens, every other
// size when it is first needed and kept; `prepare` does that ahead of a timed region.
//
// A prompt longer than prefill_rows / batch tokens is worked through in pieces of that many; pieces
// before the last compute no logits, and are not waited for. Where the backend chose the rows and
// has no memory for them, the pieces become smaller, down to kPrefillRows rows, and stay so.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "backends/backend.h"
#include "backends/session.h"
#include "workloads/models/lower.h"

namespace ridgepoint {

class GraphSession : public Session {
 public:
  /// Backend and model must outlive the session. Error when the options cannot be or the backend
  /// does not support the model.
  GraphSession(const Backend& backend, const Model& model, const SessionOptions& options);

  /// Whether the backend supports the graphs that a session needs, with its reason when not. A
  /// model that cannot be lowered is not supported, for the reason that lowering gives.
  static Support supported(const Backend& backend, const Model& model,
                           const SessionOptions& options);

  void forward(std::span<const std::int32_t> tokens) override;
  void prepare(std::int64_t tokens) override;
  /// As its backend's cache does.
  [[nodiscard]] Support copies_past() const override { return cache_->spreads_past(); }
  /// Where the cache can, by a session of one sequence that lives as long as that takes.
  void fill_alike(std::span<const std::int32_t> tokens) override;
  [[nodiscard]] std::span<const std::int32_t> next_tokens() const override { return next_; }
  [[nodiscard]] std::span<const float> logits() override;
  /// By a graph with the logits of every row, in pieces as a prompt; token by token where the
  /// backend does not support such a graph.
  void score(std::span<const std::int32_t> tokens, std::span<float> logits) override;
  void truncate(std::int64_t length) override;
  [[nodiscard]] std::int64_t length() const override { return length_; }
  [[nodiscard]] MemoryLedger memory() const override;
  /// Executions prepared later are traced, too.
  [[nodiscard]] Support trace(SpanRecorder* recorder) override;

 private:
  struct Prepared {
    std::unique_ptr<Execution> execution;
    ValueId tokens = 0, logits = 0, next = 0;
  };

  Prepared& prepared(std::int64_t tokens, LogitRows rows);
  /// For the next piece of a prompt of which `left` tokens are left; `taken`: how many it takes.
  Prepared& next_piece(std::int64_t left, std::int64_t& taken);
  /// After there was no memory for one of `tokens`; false: it may not be smaller.
  bool take_smaller_pieces(std::int64_t tokens);
  /// The tokens from `done` on, `taken` of each sequence, [batch, taken]; valid until the next
  /// call.
  std::span<const std::int32_t> part_of(std::span<const std::int32_t> tokens, std::size_t done,
                                        std::size_t taken);
  /// Whether the backend supports graphs with the logits of every row.
  bool scores_rows();

  const Backend& backend_;
  const Model& model_;
  SessionOptions options_;
  std::int64_t piece_ = 1;  ///< most tokens of a sequence at once
  std::shared_ptr<Cache> cache_;
  std::map<std::pair<std::int64_t, LogitRows>, Prepared> prepared_;
  Prepared* last_ = nullptr;    ///< of the last forward; null where kept_
  bool kept_ = false;           ///< logits_ holds those of the last call, which was no forward
  std::optional<bool> by_row_;  ///< what scores_rows found
  SpanRecorder* recorder_ = nullptr;
  std::int64_t length_ = 0;
  std::vector<std::int32_t> piece_tokens_, next_;
  std::vector<float> logits_, piece_logits_;
};

}  // namespace ridgepoint
