#include "harness/run/trace_keeper.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace ridgepoint {

void TraceKeeper::add_part(std::string name, std::int64_t pass, std::int64_t begin_ns,
                           std::int64_t end_ns) {
  packer_.add_part({std::move(name), begin_ns, end_ns, pass});
}

void TraceKeeper::add_spans(const SpanRecorder& recorder) {
  for (const SpanTrack& track : recorder.tracks()) {
    const auto spans = track.spans();
    const std::size_t kept = std::min(room_, spans.size());
    packer_.add_spans(track.name(), spans.first(kept),
                      static_cast<std::int64_t>(track.dropped() + spans.size() - kept));
    room_ -= kept;
  }
}

void TraceKeeper::add_value(std::string_view memory_class, std::int64_t at_ns, std::int64_t bytes) {
  const std::string name = std::string(kMemoryCounter) + std::string(memory_class);
  auto counter = std::ranges::find(counters_, name, &TracedCounter::name);
  if (counter == counters_.end()) {
    counters_.push_back({name, "bytes", {}});
    counter = std::prev(counters_.end());
  }
  auto& points = counter->points;
  const auto value = static_cast<double>(bytes);
  const bool is_news =
      points.empty() || (points.back().value != value && at_ns > points.back().at_ns);
  if (is_news) points.push_back({at_ns, value});
}

void TraceKeeper::add_memory(std::int64_t at_ns, const MemoryLedger& ledger,
                             std::optional<std::int64_t> resident_bytes) {
  add_value("weights", at_ns, ledger.weights_bytes);
  add_value("KV cache", at_ns, ledger.kv_bytes);
  add_value("activations", at_ns, ledger.activations_bytes);
  add_value("scratch", at_ns, ledger.scratch_bytes);
  if (!resident_bytes) return;
  // Weights that are mapped and were not touched yet are not resident: then nothing else is known.
  const std::int64_t known =
      ledger.weights_bytes + ledger.kv_bytes + ledger.activations_bytes + ledger.scratch_bytes;
  add_value("other", at_ns, std::max<std::int64_t>(0, *resident_bytes - known));
}

std::vector<std::byte> TraceKeeper::finish(const SpanRecorder& recorder) && {
  return std::move(packer_).finish(recorder.sources(), counters_);
}

}  // namespace ridgepoint
