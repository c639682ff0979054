// Rows of one test that stand several times in one file (llama-bench asked for it repeatedly, or
// lines of several invocations appended) are measurements of one case: a comparison weighs them
// together, a row as what one process took, and drops none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "results/record.h"

namespace ridgepoint {

struct PooledRecords {
  /// In ordinal order; what was put together stands where its first one stood. Its series have all
  /// samples one after the other, its metrics are medians.
  std::vector<Record> records;
  std::map<std::int64_t, std::int64_t> stands_for;  ///< ordinal of a row to that of its first one
};

/// Only imported records that are all ok and have repetitions ("total") or no series at all are put
/// together: what has a time line of its own (requests of a server) is not one longer test.
PooledRecords pool_records(std::vector<Record> records);

}  // namespace ridgepoint
