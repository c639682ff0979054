#include "results/store/trace_codec.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "results/store/sample_codec.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

constexpr std::string_view kTraceMagic = "RPT1";
/// Spans of one block: bounds the memory that packing takes.
constexpr std::size_t kSpansOfBlock = std::size_t{1} << 20;
constexpr std::size_t kSpanColumns = 4;

using TraceHead = nlohmann::json;

[[noreturn]] void damaged_trace(std::string_view what) {
  throw Error(fmt::format(
      "trace: {}; the blob was cut or altered: restore the database from a backup", what));
}

/// Begin, duration, source, op.
std::array<std::vector<std::int64_t>, kSpanColumns> columns_of_spans(std::span<const Span> spans) {
  std::array<std::vector<std::int64_t>, kSpanColumns> columns;
  for (auto& column : columns) column.resize(spans.size());
  for (std::size_t i = 0; i < spans.size(); ++i) {
    columns[0][i] = spans[i].begin_ns;
    columns[1][i] = spans[i].end_ns - spans[i].begin_ns;
    columns[2][i] = spans[i].source;
    columns[3][i] = spans[i].op;
  }
  return columns;
}

std::uint32_t span_number_of(std::int64_t value) {
  if (value < 0 || value > std::numeric_limits<std::uint32_t>::max()) {
    damaged_trace("a span has a number that cannot be");
  }
  return static_cast<std::uint32_t>(value);
}

/// The columns of one block, one after the other, from `rest` on.
void decode_block(const TraceHead& block, std::span<const std::byte>& rest, SampleDecoder& decoder,
                  std::vector<Span>& spans) {
  const auto count = block.at("spans").get<std::int64_t>();
  std::array<std::vector<std::int64_t>, kSpanColumns> columns;
  for (std::size_t i = 0; i < kSpanColumns; ++i) {
    const auto bytes = block.at("bytes").at(i).get<std::uint64_t>();
    if (bytes > rest.size()) damaged_trace("it ends too early");
    columns[i] = decoder.decode(kSampleCodecDeltaZstd, count, rest.first(bytes));
    rest = rest.subspan(bytes);
  }
  spans.reserve(spans.size() + columns[0].size());
  for (std::size_t i = 0; i < columns[0].size(); ++i) {
    const std::int64_t begin_ns = columns[0][i];
    // Sums that would overflow can only come from damage.
    if (begin_ns < 0 || columns[1][i] < 0 ||
        columns[1][i] > std::numeric_limits<std::int64_t>::max() - begin_ns) {
      damaged_trace("a span has a time that cannot be");
    }
    spans.push_back({begin_ns, begin_ns + columns[1][i], span_number_of(columns[2][i]),
                     span_number_of(columns[3][i])});
  }
}

}  // namespace

std::int64_t count_spans(const Trace& trace) {
  std::size_t count = 0;
  for (const TracedLine& line : trace.lines) count += line.spans.size();
  return static_cast<std::int64_t>(count);
}

std::vector<std::byte> encode_trace(const Trace& trace) {
  TraceHead head = {{"title", trace.title},
                    {"sources", TraceHead::array()},
                    {"parts", TraceHead::array()},
                    {"lines", TraceHead::array()}};
  for (const SpanSource& source : trace.sources) {
    head["sources"].push_back({{"name", source.name}, {"op_ids", source.op_ids}});
  }
  for (const TracedPart& part : trace.parts) {
    head["parts"].push_back({part.name, part.begin_ns, part.end_ns, part.pass});
  }
  // Programs that know of no counters pass over them.
  for (const TracedCounter& counter : trace.counters) {
    TraceHead points = TraceHead::array();
    for (const auto& point : counter.points) points.push_back({point.at_ns, point.value});
    head["counters"].push_back(
        {{"name", counter.name}, {"unit", counter.unit}, {"points", std::move(points)}});
  }
  std::vector<std::byte> body;
  SampleEncoder encoder;
  for (const TracedLine& line : trace.lines) {
    TraceHead blocks = TraceHead::array();
    const std::span<const Span> spans = line.spans;
    for (std::size_t from = 0; from < spans.size(); from += kSpansOfBlock) {
      const auto block = spans.subspan(from, std::min(kSpansOfBlock, spans.size() - from));
      TraceHead bytes = TraceHead::array();
      for (const auto& column : columns_of_spans(block)) {
        const auto packed = encoder.encode(column);
        bytes.push_back(packed.size());
        body.insert(body.end(), packed.begin(), packed.end());
      }
      blocks.push_back({{"spans", block.size()}, {"bytes", std::move(bytes)}});
    }
    head["lines"].push_back(
        {{"name", line.name}, {"dropped", line.dropped}, {"blocks", std::move(blocks)}});
  }
  const std::string text = head.dump(-1, ' ', false, TraceHead::error_handler_t::replace);
  std::string front(kTraceMagic);
  for (int shift = 0; shift < 32; shift += 8) {
    front += static_cast<char>(static_cast<std::uint32_t>(text.size()) >> shift);
  }
  front += text;
  const auto front_bytes = std::as_bytes(std::span(front));
  std::vector<std::byte> blob(front_bytes.begin(), front_bytes.end());
  blob.insert(blob.end(), body.begin(), body.end());
  return blob;
}

Trace decode_trace(std::span<const std::byte> blob) {
  constexpr std::size_t kFront = kTraceMagic.size() + 4;
  const std::string_view text(reinterpret_cast<const char*>(blob.data()), blob.size());
  if (!text.starts_with("RPT") || text.size() < kFront) damaged_trace("it is none");
  if (!text.starts_with(kTraceMagic)) {
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
    for (const auto& part : head.at("parts")) {
      trace.parts.push_back({part.at(0).get<std::string>(), part.at(1).get<std::int64_t>(),
                             part.at(2).get<std::int64_t>(), part.at(3).get<std::int64_t>()});
    }
    for (const auto& line : head.at("lines")) {
      TracedLine decoded{
          line.at("name").get<std::string>(), {}, line.at("dropped").get<std::int64_t>()};
      for (const auto& block : line.at("blocks")) {
        decode_block(block, rest, decoder, decoded.spans);
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

}  // namespace ridgepoint
