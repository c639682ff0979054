// A run as text for other tools: JSON (versioned, docs/formats.md), CSV (a row a case), Markdown
// (what one pastes into a merge request).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "results/record.h"

namespace ridgepoint {

inline constexpr int kExportVersion = 2;  ///< what is written; older ones are read, too

/// json, csv, markdown.
std::span<const std::string_view> export_formats();

/// Error for a format that is not among them.
std::string export_run(const RunWithRecords& data, std::string_view format);

}  // namespace ridgepoint
