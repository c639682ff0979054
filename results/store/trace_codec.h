// Traces as blobs: a head in JSON (names, parts of passes, lengths) and the spans column by column,
// each packed as samples are. Byte for byte in docs/formats.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "profiler/trace/trace.h"

namespace ridgepoint {

/// Counters go along as they are; those that follow from the spans are not among them
/// (trace_of.h).
std::vector<std::byte> encode_trace(const Trace& trace);

/// Error for a blob that was cut or altered, or is of a newer version. Safe on hostile blobs.
Trace decode_trace(std::span<const std::byte> blob);

std::int64_t count_spans(const Trace& trace);

}  // namespace ridgepoint
