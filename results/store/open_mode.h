// How a database is opened; what tests and tools may change about it.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>

#include "results/schema/migrations.h"

namespace ridgepoint {

enum class OpenMode : std::uint8_t { read_only, read_write };

struct StoreOptions {
  /// How long a statement waits for another process before it gives up in words.
  std::chrono::milliseconds busy_timeout{30'000};
  /// The schema that this program knows, oldest first.
  std::span<const Migration> migrations = schema_migrations();
};

}  // namespace ridgepoint
