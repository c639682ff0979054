#include "results/store/trace_packer.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "results/store/trace_codec.h"

namespace ridgepoint {
namespace {

using PackedHead = nlohmann::json;

/// Spans of one block: 1.5 MiB of a line that are not packed yet.
constexpr std::size_t kSpansOfPackedBlock = std::size_t{1} << 16;

}  // namespace

void TracePacker::add_part(const TracedPart& part) {
  // The one before has the same name, mostly.
  auto name = std::ranges::find(part_names_, part.name);
  if (name == part_names_.end()) name = part_names_.insert(name, part.name);
  part_columns_[0].push_back(name - part_names_.begin());
  part_columns_[1].push_back(part.begin_ns);
  part_columns_[2].push_back(part.end_ns - part.begin_ns);
  part_columns_[3].push_back(part.pass);
}

TracePacker::Line& TracePacker::line_named(std::string_view name) {
  const auto found = std::ranges::find(lines_, name, &Line::name);
  if (found != lines_.end()) return *found;
  Line& added = lines_.emplace_back();
  added.name = name;
  return added;
}

void TracePacker::add_spans(std::string_view line, std::span<const Span> spans,
                            std::int64_t dropped) {
  Line& to = line_named(line);
  to.dropped += dropped;
  while (!spans.empty()) {
    const auto piece = spans.first(std::min(spans.size(), kSpansOfPackedBlock - to.pending.size()));
    to.pending.insert(to.pending.end(), piece.begin(), piece.end());
    spans = spans.subspan(piece.size());
    if (to.pending.size() == kSpansOfPackedBlock) pack_pending(to);
  }
}

std::size_t TracePacker::pack_column(std::span<const std::int64_t> column,
                                     std::vector<std::byte>& packed) {
  const auto bytes = encoder_.encode(column);
  packed.insert(packed.end(), bytes.begin(), bytes.end());
  return bytes.size();
}

void TracePacker::pack_pending(Line& line) {
  if (line.pending.empty()) return;
  Block& block = line.blocks.emplace_back();
  block.spans = line.pending.size();
  column_.resize(block.spans);
  const auto pack = [&](auto&& value_of) {
    std::ranges::transform(line.pending, column_.begin(), value_of);
    block.bytes.push_back(pack_column(column_, line.packed));
  };
  pack([](const Span& span) { return span.begin_ns; });
  pack([](const Span& span) { return span.end_ns - span.begin_ns; });
  pack([](const Span& span) { return std::int64_t{span.source}; });
  pack([](const Span& span) { return std::int64_t{span.op}; });
  line.pending.clear();
}

std::vector<std::byte> TracePacker::finish(std::span<const SpanSource> sources,
                                           std::span<const TracedCounter> counters) && {
  PackedHead head = {
      {"title", title_}, {"sources", PackedHead::array()}, {"lines", PackedHead::array()}};
  for (const SpanSource& source : sources) {
    head["sources"].push_back({{"name", source.name}, {"op_ids", source.op_ids}});
  }
  // Programs that know of no counters pass over them.
  for (const TracedCounter& counter : counters) {
    PackedHead points = PackedHead::array();
    for (const auto& point : counter.points) points.push_back({point.at_ns, point.value});
    head["counters"].push_back(
        {{"name", counter.name}, {"unit", counter.unit}, {"points", std::move(points)}});
  }
  std::vector<std::byte> parts;
  std::vector<std::size_t> bytes_of_parts;
  for (const auto& column : part_columns_) bytes_of_parts.push_back(pack_column(column, parts));
  head["parts"] = {
      {"names", part_names_}, {"count", part_columns_[0].size()}, {"bytes", bytes_of_parts}};
  std::size_t body = parts.size();
  for (Line& line : lines_) {
    pack_pending(line);
    PackedHead blocks = PackedHead::array();
    for (const Block& block : line.blocks) {
      blocks.push_back({{"spans", block.spans}, {"bytes", block.bytes}});
    }
    head["lines"].push_back(
        {{"name", line.name}, {"dropped", line.dropped}, {"blocks", std::move(blocks)}});
    body += line.packed.size();
  }
  const std::string text = head.dump(-1, ' ', false, PackedHead::error_handler_t::replace);
  std::string front(kTraceMagic);
  for (int shift = 0; shift < 32; shift += 8) {
    front += static_cast<char>(static_cast<std::uint32_t>(text.size()) >> shift);
  }
  front += text;
  const auto front_bytes = std::as_bytes(std::span(front));
  std::vector<std::byte> blob;
  blob.reserve(front.size() + body);
  blob.insert(blob.end(), front_bytes.begin(), front_bytes.end());
  blob.insert(blob.end(), parts.begin(), parts.end());
  for (Line& line : lines_) {
    blob.insert(blob.end(), line.packed.begin(), line.packed.end());
    line = {};
  }
  return blob;
}

}  // namespace ridgepoint
