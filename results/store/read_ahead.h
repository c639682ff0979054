// Reading ahead: the records of a stream are made, and their samples packed, on a thread of their
// own while those before them are stored; the two cost about the same.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "results/record_stream.h"

namespace ridgepoint {

struct PackedRecord {
  Record record;
  std::vector<std::vector<std::byte>> series;  ///< samples of each series, encoded
};

/// Gives `take` every record of the stream, on the calling thread, in order, some hundreds at a
/// time; they are valid during the call. What the stream or
/// `take` throws comes out here, after everything before it has been taken; the thread has ended
/// then.
void read_ahead(const RecordStream& stream,
                const std::function<void(std::span<const PackedRecord>)>& take);

}  // namespace ridgepoint
