#include "results/store/trace_codec.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "results/store/sample_codec.h"
#include "results/store/trace_packer.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

/// Parts stood in the head there, as lists.
constexpr std::string_view kTraceMagicBefore = "RPT1";
constexpr std::size_t kSpanColumns = 4;
using SpanColumns = std::array<std::vector<std::int64_t>, kSpanColumns>;

using TraceHead = nlohmann::json;

[[noreturn]] void damaged_trace(std::string_view what) {
  throw Error(fmt::format(
      "trace: {}; the blob was cut or altered: restore the database from a backup", what));
}

std::uint32_t span_number_of(std::int64_t value) {
  if (value < 0 || value > std::numeric_limits<std::uint32_t>::max()) {
    damaged_trace("a span has a number that cannot be");
  }
  return static_cast<std::uint32_t>(value);
}

/// SpanColumns of `count` values each, one after the other, from `rest` on.
SpanColumns decode_columns(const TraceHead& lengths, std::int64_t count,
                           std::span<const std::byte>& rest, SampleDecoder& decoder) {
  SpanColumns columns;
  for (std::size_t i = 0; i < kSpanColumns; ++i) {
    const auto bytes = lengths.at(i).get<std::uint64_t>();
    if (bytes > rest.size()) damaged_trace("it ends too early");
    columns[i] = decoder.decode(kSampleCodecDeltaZstd, count, rest.first(bytes));
    rest = rest.subspan(bytes);
  }
  return columns;
}

/// Sums that would overflow can only come from damage.
std::int64_t end_of(std::int64_t begin_ns, std::int64_t duration_ns) {
  if (begin_ns < 0 || duration_ns < 0 ||
      duration_ns > std::numeric_limits<std::int64_t>::max() - begin_ns) {
    damaged_trace("a span has a time that cannot be");
  }
  return begin_ns + duration_ns;
}

void decode_block(const TraceHead& block, std::span<const std::byte>& rest, SampleDecoder& decoder,
                  std::vector<Span>& spans) {
  const SpanColumns columns =
      decode_columns(block.at("bytes"), block.at("spans").get<std::int64_t>(), rest, decoder);
  for (std::size_t i = 0; i < columns[0].size(); ++i) {
    spans.push_back({columns[0][i], end_of(columns[0][i], columns[1][i]),
                     span_number_of(columns[2][i]), span_number_of(columns[3][i])});
  }
}

std::vector<TracedPart> decode_parts(const TraceHead& head, std::span<const std::byte>& rest,
                                     SampleDecoder& decoder) {
  std::vector<TracedPart> parts;
  if (head.is_array()) {
    for (const auto& part : head) {
      parts.push_back({part.at(0).get<std::string>(), part.at(1).get<std::int64_t>(),
                       part.at(2).get<std::int64_t>(), part.at(3).get<std::int64_t>()});
    }
    return parts;
  }
  const auto names = head.at("names").get<std::vector<std::string>>();
  const SpanColumns columns =
      decode_columns(head.at("bytes"), head.at("count").get<std::int64_t>(), rest, decoder);
  for (std::size_t i = 0; i < columns[0].size(); ++i) {
    const std::uint32_t name = span_number_of(columns[0][i]);
    if (name >= names.size()) damaged_trace("a part has no name");
    parts.push_back(
        {names[name], columns[1][i], end_of(columns[1][i], columns[2][i]), columns[3][i]});
  }
  return parts;
}

/// Room for what the blocks say that they hold, as far as so many bytes can hold it.
std::size_t room_of(const TraceHead& blocks, std::size_t bytes) {
  std::uint64_t spans = 0;
  for (const auto& block : blocks) {
    spans += std::min<std::uint64_t>(block.at("spans").get<std::uint64_t>(), bytes);
  }
  return std::min<std::uint64_t>(spans, bytes);
}

/// Spans are counted; with `keeps` they are kept, else only those of a block at a time.
Trace read_trace(std::span<const std::byte> blob, bool keeps, std::int64_t& spans);

}  // namespace

std::int64_t count_spans(const Trace& trace) {
  std::size_t count = 0;
  for (const TracedLine& line : trace.lines) count += line.spans.size();
  return static_cast<std::int64_t>(count);
}

std::vector<std::byte> encode_trace(const Trace& trace) {
  TracePacker packer(trace.title);
  for (const TracedPart& part : trace.parts) packer.add_part(part);
  for (const TracedLine& line : trace.lines) packer.add_spans(line.name, line.spans, line.dropped);
  return std::move(packer).finish(trace.sources, trace.counters);
}

Trace decode_trace(std::span<const std::byte> blob) {
  std::int64_t spans = 0;
  return read_trace(blob, true, spans);
}

std::int64_t check_trace(std::span<const std::byte> blob) {
  std::int64_t spans = 0;
  static_cast<void>(read_trace(blob, false, spans));
  return spans;
}

namespace {

Trace read_trace(std::span<const std::byte> blob, bool keeps, std::int64_t& spans) {
  constexpr std::size_t kFront = kTraceMagic.size() + 4;
  const std::string_view text(reinterpret_cast<const char*>(blob.data()), blob.size());
  if (!text.starts_with("RPT") || text.size() < kFront) damaged_trace("what is stored is none");
  if (!text.starts_with(kTraceMagic) && !text.starts_with(kTraceMagicBefore)) {
    throw Error("trace: of a newer version; a newer Ridgepoint wrote it: update");
  }
  std::size_t size = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    size |= static_cast<std::size_t>(static_cast<unsigned char>(text[kTraceMagic.size() + i]))
            << (8 * i);
  }
  if (size > text.size() - kFront) damaged_trace("it ends too early");
  const auto head = TraceHead::parse(text.substr(kFront, size), nullptr, false);
  if (!head.is_object()) damaged_trace("its head is no JSON");
  auto rest = blob.subspan(kFront + size);
  Trace trace;
  SampleDecoder decoder;
  try {
    trace.title = head.at("title").get<std::string>();
    for (const auto& source : head.at("sources")) {
      trace.sources.push_back({source.at("name").get<std::string>(),
                               source.at("op_ids").get<std::vector<std::string>>()});
    }
    trace.parts = decode_parts(head.at("parts"), rest, decoder);
    for (const auto& line : head.at("lines")) {
      TracedLine decoded{
          line.at("name").get<std::string>(), {}, line.at("dropped").get<std::int64_t>()};
      if (keeps) decoded.spans.reserve(room_of(line.at("blocks"), rest.size()));
      for (const auto& block : line.at("blocks")) {
        if (!keeps) decoded.spans.clear();
        const std::size_t before = decoded.spans.size();
        decode_block(block, rest, decoder, decoded.spans);
        spans += static_cast<std::int64_t>(decoded.spans.size() - before);
      }
      trace.lines.push_back(std::move(decoded));
    }
    for (const auto& counter : head.value("counters", TraceHead::array())) {
      TracedCounter& decoded = trace.counters.emplace_back(TracedCounter{
          counter.at("name").get<std::string>(), counter.at("unit").get<std::string>(), {}});
      for (const auto& point : counter.at("points")) {
        const auto at_ns = point.at(0).get<std::int64_t>();
        const bool is_after = decoded.points.empty() || at_ns > decoded.points.back().at_ns;
        if (at_ns < 0 || !is_after) damaged_trace("a counter has a time that cannot be");
        decoded.points.push_back({at_ns, point.at(1).get<double>()});
      }
    }
  } catch (const TraceHead::exception&) {
    damaged_trace("its head lacks something");
  }
  return trace;
}

}  // namespace
}  // namespace ridgepoint
