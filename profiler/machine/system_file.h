// Small text files of /proc and /sys, and the few shapes their text comes in.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "profiler/reading.h"

namespace ridgepoint {

/// The whole text (at most 16 MiB), or absent with the path and the system's reason.
Reading<std::string> read_system_file(const std::string& path);

std::string_view trim(std::string_view text);
std::vector<std::string_view> split_lines(std::string_view text);
/// Pieces between runs of blanks.
std::vector<std::string_view> split_words(std::string_view text);
/// The whole of `text` (trimmed) as a decimal integer.
std::optional<std::int64_t> parse_integer(std::string_view text);
/// Value of the first line "key<blanks>: value"; empty optional when no line has the key.
std::optional<std::string_view> find_field(std::string_view text, std::string_view key);
/// A kernel CPU list, "0-3,8,10-11"; empty optional when it is none.
std::optional<std::vector<int>> parse_cpu_list(std::string_view text);
/// The other way round, ascending: {0, 1, 2, 8} gives "0-2,8".
std::string to_cpu_list(const std::vector<int>& cpus);

}  // namespace ridgepoint
