#include "harness/run/memory_timeline.h"

#include <malloc.h>

#include <nlohmann/json.hpp>

#include "profiler/clock/monotonic_clock.h"
#include "profiler/memory/process_memory.h"

namespace ridgepoint {
namespace {

std::optional<std::int64_t> value_of(const Reading<std::int64_t>& reading) {
  return reading ? std::optional(reading.value()) : std::nullopt;
}

}  // namespace

std::optional<std::int64_t> MemoryMoment::other_bytes() const {
  if (!anonymous_bytes || !file_bytes) return std::nullopt;
  const MemoryLedger known = ledger.value_or(MemoryLedger{});
  return *anonymous_bytes + *file_bytes - known.weights_bytes - known.kv_bytes -
         known.activations_bytes - known.scratch_bytes;
}

void MemoryTimeline::mark(std::string_view stage, const std::optional<MemoryLedger>& ledger) {
  const std::int64_t now_ns = monotonic_ns();
  if (moments_.empty()) first_ns_ = now_ns;
  const auto memory = read_process_memory();
  const auto heap = ::mallinfo2();
  MemoryMoment& moment = moments_.emplace_back();
  moment.stage = stage;
  moment.at_ns = now_ns - first_ns_;
  moment.ledger = ledger;
  moment.anonymous_bytes = value_of(memory.anonymous);
  moment.file_bytes = value_of(memory.file);
  moment.heap_used_bytes = static_cast<std::int64_t>(heap.uordblks + heap.hblkhd);
  moment.heap_free_bytes = static_cast<std::int64_t>(heap.fordblks);
}

std::string MemoryTimeline::to_json() const {
  nlohmann::json list = nlohmann::json::array();
  for (const MemoryMoment& moment : moments_) {
    nlohmann::json& json = list.emplace_back();
    json = {{"stage", moment.stage},
            {"at_ns", moment.at_ns},
            {"heap_used_bytes", moment.heap_used_bytes},
            {"heap_free_bytes", moment.heap_free_bytes}};
    if (moment.ledger) {
      json["weights_bytes"] = moment.ledger->weights_bytes;
      json["kv_bytes"] = moment.ledger->kv_bytes;
      json["activations_bytes"] = moment.ledger->activations_bytes;
      json["scratch_bytes"] = moment.ledger->scratch_bytes;
    }
    if (moment.anonymous_bytes) json["anonymous_bytes"] = *moment.anonymous_bytes;
    if (moment.file_bytes) json["file_bytes"] = *moment.file_bytes;
    if (const auto other = moment.other_bytes()) json["other_bytes"] = *other;
  }
  return list.dump();
}

}  // namespace ridgepoint
