// Dates as other programs write them, as nanoseconds since 1970.
#pragma once

#include <cstdint>
#include <string_view>

namespace ridgepoint {

/// "2024-05-01T13:45:06+02:00", "...06Z", "...06.25" and the like; a date without a zone is read as
/// UTC. 0 for anything else, and for years outside of 1970 to 2200.
std::int64_t unix_ns_of_date(std::string_view text);

}  // namespace ridgepoint
