#include "backends/graph_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <new>
#include <stdexcept>

#include "backends/check_tokens.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

Phase phase_of(const SessionOptions& options, std::int64_t tokens, LogitRows rows) {
  return {.batch = options.batch,
          .tokens = tokens,
          .capacity = options.capacity,
          .kv_type = options.kv_type,
          .logits = rows};
}

std::int64_t piece_of(const Backend& backend, const SessionOptions& options) {
  const std::int64_t rows = options.prefill_rows.value_or(backend.prefill_rows());
  return std::clamp<std::int64_t>(rows / options.batch, 1, options.capacity);
}

void check_options(const SessionOptions& options) {
  if (options.batch < 1 || options.capacity < 1 || options.threads < 1 ||
      options.prefill_rows.value_or(1) < 1) {
    throw Error(
        fmt::format("a session needs a batch ({}), capacity ({}), threads ({}) and "
                    "prefill_rows ({}) of at least 1",
                    options.batch, options.capacity, options.threads,
                    options.prefill_rows.value_or(kPrefillRows)));
  }
}

}  // namespace

Support GraphSession::supported(const Backend& backend, const Model& model,
                                const SessionOptions& options) {
  check_options(options);
  if (options.record && !backend.records()) return Support::no(std::string(kNothingToRecord));
  if (options.feed != nullptr) {
    if (Support streams = backend.streams(); !streams.supported) return streams;
  }
  try {
    for (const std::int64_t tokens : {std::int64_t{1}, piece_of(backend, options)}) {
      Support support = backend.supports(lower(model, phase_of(options, tokens, LogitRows::last)));
      if (!support.supported) return support;
    }
  } catch (const Error& error) {
    return Support::no(error.what());
  }
  return Support::yes();
}

GraphSession::GraphSession(const Backend& backend, const Model& model,
                           const SessionOptions& options)
    : backend_(backend), model_(model), options_(options) {
  check_options(options);
  piece_ = piece_of(backend, options);
  const Graph decode = lower(model, phase_of(options, 1, LogitRows::last));
  const Support support = backend.supports(decode);
  if (!support.supported) {
    throw Error(fmt::format("backend '{}' does not support {}: {}", backend.describe().name,
                            model.source, support.reason));
  }
  cache_ = backend.make_cache(decode);
  next_.resize(static_cast<std::size_t>(options.batch));
  logits_.resize(static_cast<std::size_t>(options.batch * model.config.vocab));
  static_cast<void>(prepared(1, LogitRows::last));
}

GraphSession::Prepared& GraphSession::prepared(std::int64_t tokens, LogitRows rows) {
  const auto key = std::pair(tokens, rows);
  if (const auto found = prepared_.find(key); found != prepared_.end()) return found->second;
  const Graph graph = lower(model_, phase_of(options_, tokens, rows));
  Prepared fresh;
  fresh.execution = backend_.prepare(graph, model_.weights,
                                     {.threads = options_.threads,
                                      .cache = cache_,
                                      .fuse = options_.fuse,
                                      .allocation = options_.allocation,
                                      .record = options_.record,
                                      .feed = options_.feed});
  if (recorder_ != nullptr) static_cast<void>(fresh.execution->trace(recorder_));
  fresh.tokens = graph.find(kTokensInput);
  if (rows != LogitRows::none) fresh.logits = graph.find(kLogitsOutput);
  if (rows == LogitRows::last) fresh.next = graph.find(kNextOutput);
  return prepared_.emplace(key, std::move(fresh)).first->second;
}

void GraphSession::prepare(std::int64_t tokens) {
  if (tokens < 1 || tokens > options_.capacity) return;
  for (std::int64_t left = tokens, taken = 0; left > 0; left -= taken) {
    static_cast<void>(next_piece(left, taken));
  }
}

GraphSession::Prepared& GraphSession::next_piece(std::int64_t left, std::int64_t& taken) {
  for (;;) {
    taken = std::min(left, piece_);
    try {
      return prepared(taken, taken == left ? LogitRows::last : LogitRows::none);
    } catch (const std::bad_alloc&) {
      if (!take_smaller_pieces(taken)) throw;
    }
  }
}

bool GraphSession::take_smaller_pieces(std::int64_t tokens) {
  const std::int64_t least = std::max<std::int64_t>(1, kPrefillRows / options_.batch);
  if (options_.prefill_rows || tokens <= least) return false;
  piece_ = std::max(least, tokens / 2);
  // What was made for larger ones would hold memory for nothing.
  std::erase_if(prepared_, [&](const auto& each) {
    return each.first.first > piece_ && &each.second != last_;
  });
  return true;
}

std::span<const std::int32_t> GraphSession::part_of(std::span<const std::int32_t> tokens,
                                                    std::size_t done, std::size_t taken) {
  const auto batch = static_cast<std::size_t>(options_.batch);
  const std::size_t count = tokens.size() / batch;
  if (taken == count) return tokens;
  piece_tokens_.resize(batch * taken);
  for (std::size_t s = 0; s < batch; ++s) {
    std::ranges::copy(tokens.subspan(s * count + done, taken),
                      piece_tokens_.begin() + static_cast<std::ptrdiff_t>(s * taken));
  }
  return piece_tokens_;
}

void GraphSession::forward(std::span<const std::int32_t> tokens) {
  check_tokens(tokens, {.batch = options_.batch,
                        .length = length_,
                        .capacity = options_.capacity,
                        .vocabulary = model_.config.vocab});
  const auto batch = static_cast<std::size_t>(options_.batch);
  const std::size_t count = tokens.size() / batch;
  for (std::size_t done = 0; done < count;) {
    std::int64_t next = 0;
    Prepared& ready = next_piece(static_cast<std::int64_t>(count - done), next);
    const auto taken = static_cast<std::size_t>(next);
    const bool is_last = done + taken == count;
    ready.execution->write_input(ready.tokens, std::as_bytes(part_of(tokens, done, taken)));
    ready.execution->run(length_ + static_cast<std::int64_t>(done));
    // Only the last one is waited for, but that the ops of each are announced when it has ended.
    if (is_last || recorder_ != nullptr) ready.execution->synchronise();
    if (is_last) {
      ready.execution->read_output(ready.next, std::as_writable_bytes(std::span(next_)));
      last_ = &ready;
      kept_ = false;
    }
    done += taken;
  }
  length_ += static_cast<std::int64_t>(count);
}

void GraphSession::fill_alike(std::span<const std::int32_t> tokens) {
  if (options_.batch == 1 || !cache_->spreads_past().supported) {
    Session::fill_alike(tokens);
    return;
  }
  check_tokens(
      tokens,
      {.batch = 1, .length = 0, .capacity = options_.capacity, .vocabulary = model_.config.vocab});
  SessionOptions options = options_;
  options.batch = 1;
  options.capacity = static_cast<std::int64_t>(tokens.size());
  GraphSession one(backend_, model_, options);
  one.forward(tokens);
  cache_->spread_past(*one.cache_, one.length_);
  length_ = one.length_;
  std::ranges::fill(next_, one.next_.front());
  const auto row = one.logits();
  for (auto at = logits_.begin(); at != logits_.end();) at = std::ranges::copy(row, at).out;
  last_ = nullptr;
  kept_ = true;
}

bool GraphSession::scores_rows() {
  if (!by_row_) {
    by_row_ = backend_.supports(lower(model_, phase_of(options_, 1, LogitRows::all))).supported;
  }
  return *by_row_;
}

void GraphSession::score(std::span<const std::int32_t> tokens, std::span<float> logits) {
  check_tokens(tokens, {.batch = options_.batch,
                        .length = length_,
                        .capacity = options_.capacity,
                        .vocabulary = model_.config.vocab});
  const auto vocabulary = static_cast<std::size_t>(model_.config.vocab);
  if (logits.size() != tokens.size() * vocabulary) {
    throw std::logic_error("GraphSession::score: tokens and logits do not fit each other");
  }
  if (!scores_rows()) {
    Session::score(tokens, logits);
    return;
  }
  const auto batch = static_cast<std::size_t>(options_.batch);
  const std::size_t count = tokens.size() / batch;
  // Logits of every row take more memory than all else, and nobody times them.
  const auto most = static_cast<std::size_t>(
      std::min(piece_, std::max<std::int64_t>(1, kPrefillRows / options_.batch)));
  for (std::size_t done = 0; done < count;) {
    const std::size_t taken = std::min(most, count - done);
    Prepared& ready = prepared(static_cast<std::int64_t>(taken), LogitRows::all);
    ready.execution->write_input(ready.tokens, std::as_bytes(part_of(tokens, done, taken)));
    ready.execution->run(length_ + static_cast<std::int64_t>(done));
    ready.execution->synchronise();
    if (taken == count) {
      ready.execution->read_output(ready.logits, std::as_writable_bytes(logits));
    } else {
      piece_logits_.resize(batch * taken * vocabulary);
      ready.execution->read_output(ready.logits, std::as_writable_bytes(std::span(piece_logits_)));
      for (std::size_t s = 0; s < batch; ++s) {
        std::copy_n(piece_logits_.begin() + static_cast<std::ptrdiff_t>(s * taken * vocabulary),
                    taken * vocabulary,
                    logits.begin() + static_cast<std::ptrdiff_t>((s * count + done) * vocabulary));
      }
    }
    done += taken;
  }
  length_ += static_cast<std::int64_t>(count);
  last_ = nullptr;
  kept_ = true;
  for (std::size_t s = 0; s < batch; ++s) {
    const auto row = logits.subspan(((s + 1) * count - 1) * vocabulary, vocabulary);
    std::ranges::copy(row, logits_.begin() + static_cast<std::ptrdiff_t>(s * vocabulary));
    next_[s] = static_cast<std::int32_t>(std::ranges::max_element(row) - row.begin());
  }
}

std::span<const float> GraphSession::logits() {
  if (kept_) return logits_;
  if (last_ == nullptr) throw std::logic_error("GraphSession::logits before any forward");
  last_->execution->read_output(last_->logits, std::as_writable_bytes(std::span(logits_)));
  return logits_;
}

void GraphSession::truncate(std::int64_t length) {
  if (length < 0 || length > length_) {
    throw Error(fmt::format("cannot truncate a session of {} tokens to {}", length_, length));
  }
  length_ = length;
}

MemoryLedger GraphSession::memory() const {
  const MemoryLedger shared = cache_->memory();
  MemoryLedger total = shared;
  for (const auto& [key, ready] : prepared_) {
    const MemoryLedger own = ready.execution->memory();
    // The same weights stand behind every execution.
    total.weights_bytes = std::max(total.weights_bytes, own.weights_bytes);
    total.activations_bytes += own.activations_bytes - shared.activations_bytes;
    total.activations_live_bytes += own.activations_live_bytes - shared.activations_live_bytes;
    total.scratch_bytes += own.scratch_bytes - shared.scratch_bytes;
  }
  return total;
}

Support GraphSession::trace(SpanRecorder* recorder) {
  for (const auto& [key, ready] : prepared_) {
    if (const Support traced = ready.execution->trace(recorder); !traced.supported) return traced;
  }
  recorder_ = recorder;
  return Support::yes();
}

}  // namespace ridgepoint
