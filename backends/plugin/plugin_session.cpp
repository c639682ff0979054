#include "backends/plugin/plugin_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "backends/check_tokens.h"
#include "backends/plugin/plugin_call.h"
#include "workloads/error.h"

namespace ridgepoint {

PluginSession::PluginSession(std::shared_ptr<const PluginEngine> engine, const Model& model,
                             const SessionOptions& options)
    : engine_(std::move(engine)),
      description_(model),
      batch_(options.batch),
      capacity_(options.capacity),
      vocab_(model.config.vocab),
      next_(static_cast<std::size_t>(batch_)),
      logits_(static_cast<std::size_t>(batch_ * vocab_)),
      session_(engine_->open_session(description_, describe(options))) {}

PluginSession::~PluginSession() {
  table().session_close(session_);
}

void PluginSession::forward(std::span<const std::int32_t> tokens) {
  const std::int64_t count = check_tokens(
      tokens, {.batch = batch_, .length = length_, .capacity = capacity_, .vocabulary = vocab_});
  const PluginReply reply = ask_plugin([&](char* error, std::uint64_t error_size) {
    return table().forward(session_, tokens.data(), count, error, error_size);
  });
  require_ok(engine_->library(), "forward", reply);
  length_ += count;
  choose_next();
}

void PluginSession::choose_next() {
  if (table().next_tokens == nullptr) {
    const std::span<const float> all = logits();
    for (std::int64_t sequence = 0; sequence < batch_; ++sequence) {
      const auto row = all.subspan(static_cast<std::size_t>(sequence * vocab_),
                                   static_cast<std::size_t>(vocab_));
      // The first of the greatest; a row of nothing but NaN chooses token 0.
      next_[static_cast<std::size_t>(sequence)] =
          static_cast<std::int32_t>(std::ranges::max_element(row) - row.begin());
    }
    return;
  }
  const PluginReply reply = ask_plugin([&](char* error, std::uint64_t error_size) {
    return table().next_tokens(session_, next_.data(), error, error_size);
  });
  require_ok(engine_->library(), "next_tokens", reply);
  for (const std::int32_t token : next_) {
    if (token < 0 || token >= vocab_) {
      throw Error(
          fmt::format("plug-in '{}': next_tokens: chose token {}, outside the vocabulary of {}",
                      engine_->library().path, token, vocab_));
    }
  }
}

std::span<const float> PluginSession::logits() {
  const PluginReply reply = ask_plugin([&](char* error, std::uint64_t error_size) {
    return table().logits(session_, logits_.data(), error, error_size);
  });
  require_ok(engine_->library(), "logits", reply);
  return logits_;
}

void PluginSession::truncate(std::int64_t length) {
  if (length < 0 || length > length_) {
    throw std::logic_error("truncate: longer than what the sequences hold");
  }
  const PluginReply reply = ask_plugin([&](char* error, std::uint64_t error_size) {
    return table().truncate(session_, length, error, error_size);
  });
  require_ok(engine_->library(), "truncate", reply);
  length_ = length;
}

MemoryLedger PluginSession::memory() const {
  if (table().memory == nullptr) return {};
  ridgepoint_memory memory{};
  memory.struct_size = sizeof memory;
  const PluginReply reply = ask_plugin([&](char* error, std::uint64_t error_size) {
    return table().memory(session_, &memory, error, error_size);
  });
  require_ok(engine_->library(), "memory", reply);
  if (std::min({memory.weights_bytes, memory.kv_bytes, memory.activations_bytes,
                memory.scratch_bytes}) < 0) {
    throw Error(
        fmt::format("plug-in '{}': memory: a negative number of bytes", engine_->library().path));
  }
  return {.weights_bytes = memory.weights_bytes,
          .kv_bytes = memory.kv_bytes,
          .activations_bytes = memory.activations_bytes,
          .scratch_bytes = memory.scratch_bytes};
}

Support PluginSession::trace(SpanRecorder*) {
  return Support::no("the plug-in ABI has no spans");
}

}  // namespace ridgepoint
