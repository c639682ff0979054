// The nearest known name to one that was mistyped, for error lines: "unknown key 'promt' (did you
// mean 'prompt'?)".
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace ridgepoint {

/// The candidate with the smallest edit distance (insert, delete, replace, swap of neighbours), the
/// first among equals; empty when none is near enough to be a slip of the finger (at most a third
/// of the letters, rounded up).
std::string_view nearest_name(std::string_view name, std::span<const std::string_view> candidates);

/// " (did you mean 'prompt'?)", or an empty string when nothing is near.
std::string did_you_mean(std::string_view name, std::span<const std::string_view> candidates);

}  // namespace ridgepoint
