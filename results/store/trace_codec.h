// Traces as blobs: a head in JSON (names, lengths), and parts of passes and spans column by column,
// each packed as samples are. Byte for byte in docs/formats.md. What is recorded is packed as it
// comes (trace_packer.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "profiler/trace/trace.h"

namespace ridgepoint {

inline constexpr std::string_view kTraceMagic = "RPT2";

/// Counters go along as they are; those that follow from the spans are not among them
/// (trace_of.h).
std::vector<std::byte> encode_trace(const Trace& trace);

/// Error for a blob that was cut or altered, or is of a newer version. Safe on hostile blobs.
Trace decode_trace(std::span<const std::byte> blob);

/// Reads all of it and keeps none; how many spans it holds. Error as of decode_trace.
std::int64_t check_trace(std::span<const std::byte> blob);

std::int64_t count_spans(const Trace& trace);

}  // namespace ridgepoint
