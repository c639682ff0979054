// How many samples of a series each process gave, as the database stores it: a JSON list, "[]"
// where one gave all.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ridgepoint {

std::string counts_to_text(const std::vector<std::int64_t>& counts);

/// Error when it is no such list, or does not add up to `samples`.
std::vector<std::int64_t> counts_from_text(const std::string& text, std::int64_t samples);

}  // namespace ridgepoint
