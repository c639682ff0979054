// TracePacker: packs a trace while it is recorded, so that ten million spans take as little memory
// as they will on the disk: of each line only the spans that fill no block yet are held as they
// are. The blob is what decode_trace (trace_codec.h) reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "profiler/trace/trace.h"
#include "results/store/sample_codec.h"

namespace ridgepoint {

class TracePacker {
 public:
  explicit TracePacker(std::string title) : title_(std::move(title)) {}

  void add_part(const TracedPart& part);
  /// More spans of a line, after those that came before; `dropped` more had no room.
  void add_spans(std::string_view line, std::span<const Span> spans, std::int64_t dropped);
  std::vector<std::byte> finish(std::span<const SpanSource> sources,
                                std::span<const TracedCounter> counters) &&;

 private:
  struct Block {
    std::size_t spans = 0;
    std::vector<std::size_t> bytes;  ///< of its columns
  };
  struct Line {
    std::string name;
    std::int64_t dropped = 0;
    std::vector<Span> pending;
    std::vector<Block> blocks;
    std::vector<std::byte> packed;
  };
  Line& line_named(std::string_view name);
  void pack_pending(Line& line);
  /// Appends the packed column to `packed`; returns its bytes.
  std::size_t pack_column(std::span<const std::int64_t> column, std::vector<std::byte>& packed);

  std::string title_;
  std::vector<std::string> part_names_;
  std::vector<std::int64_t> part_columns_[4];  ///< name, begin, duration, pass
  std::deque<Line> lines_;
  SampleEncoder encoder_;
  std::vector<std::int64_t> column_;
};

}  // namespace ridgepoint
