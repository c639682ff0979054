// Counts in sentences: one case, two cases.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace ridgepoint {

/// What `count` things are called: "case" for 1, "cases" for any other number; "processes",
/// "batches".
std::string noun_for(std::int64_t count, std::string_view noun);

/// "1 case", "0 cases", "2 processes".
std::string number_of(std::int64_t count, std::string_view noun);
/// Sizes of containers.
inline std::string number_of(std::unsigned_integral auto count, std::string_view noun) {
  return number_of(static_cast<std::int64_t>(count), noun);
}

}  // namespace ridgepoint
