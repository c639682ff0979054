// How a database is opened; what tests and tools may change about it.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>

#include "results/schema/migrations.h"

namespace ridgepoint {

enum class OpenMode : std::uint8_t { read_only, read_write };

struct StoreOptions {
  /// How long a statement waits for another process before it gives up in words: as long as a
  /// person waits for an answer. Store::wait_at_most is for writes that must not be lost.
  std::chrono::milliseconds busy_timeout{10'000};
  /// The schema that this program knows, oldest first.
  std::span<const Migration> migrations = schema_migrations();
};

/// For what cost minutes to measure: no record is to be lost because another process holds a lock.
inline constexpr std::chrono::milliseconds kPatienceForMeasured{600'000};

}  // namespace ridgepoint
