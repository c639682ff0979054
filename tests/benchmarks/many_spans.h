// A trace of any number of spans, always the same: passes of a model on several lines, with gaps
// between them and here and there a span that takes a thousand times as long.
#pragma once

#include <cstdint>
#include <random>
#include <string>

#include "profiler/trace/trace.h"

namespace ridgepoint {

inline Trace trace_of_many_spans(std::int64_t count, int lines) {
  Trace trace;
  trace.title = "many spans";
  SpanSource source{"decode", {}};
  const char* parts[] = {"attention.q", "attention.k", "attention.mix", "ffn.up", "ffn.down"};
  for (int layer = 0; layer < 24; ++layer) {
    for (const char* part : parts) {
      source.op_ids.push_back("layer." + std::to_string(layer) + "." + part);
    }
  }
  const auto ops = static_cast<std::uint32_t>(source.op_ids.size());
  trace.sources.push_back(source);
  std::mt19937_64 random(11);
  for (int line = 0; line < lines; ++line) {
    TracedLine made{line == 0 ? "ops" : "worker " + std::to_string(line), {}, 0};
    made.spans.reserve(static_cast<std::size_t>(count / lines));
    std::int64_t at = 1000;
    for (std::int64_t i = 0; i < count / lines; ++i) {
      std::int64_t length = 200 + static_cast<std::int64_t>(random() % 5000);
      if (random() % 50'000 == 0) length *= 1000;
      const auto op = static_cast<std::uint32_t>(i % ops);
      made.spans.push_back({at, at + length, 0, op});
      at += length + (op + 1 == ops ? 20'000 : 50);
    }
    trace.lines.push_back(std::move(made));
  }
  return trace;
}

}  // namespace ridgepoint
