// The forms in which a comparison can be had, by name.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "results/compare/comparison.h"

namespace ridgepoint {

/// table, markdown, json, junit, github.
std::span<const std::string_view> comparison_formats();

/// Error for a format that is not among them.
std::string report_comparison(const Comparison& comparison, std::string_view format);
void require_comparison_format(std::string_view format);

}  // namespace ridgepoint
