// Moments as people read them. Always UTC, because databases are merged across time zones.
#pragma once

#include <cstdint>
#include <string>

namespace ridgepoint {

/// "2024-05-01 13:45 UTC".
std::string time_text(std::int64_t unix_ns);
/// "2024-05-01T13:45:06.123456789Z" (ISO 8601).
std::string iso_time(std::int64_t unix_ns);

}  // namespace ridgepoint
