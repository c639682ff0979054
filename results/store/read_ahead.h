// Reading ahead: the records of a stream are made on a thread of their own while those before them
// are stored, since parsing a row costs about as much as storing it.
#pragma once

#include <functional>

#include "results/record_stream.h"

namespace ridgepoint {

/// Gives `take` every record of the stream, on the calling thread, in order. What the stream or
/// `take` throws comes out here, after everything before it has been taken; the thread has ended
/// then.
void read_ahead(const RecordStream& stream, const std::function<void(const Record&)>& take);

}  // namespace ridgepoint
