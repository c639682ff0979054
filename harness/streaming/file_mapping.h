// Which files are mapped into this process, and where.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ridgepoint {

/// A file's part of this process' address space.
struct FileMapping {
  std::uintptr_t first = 0, end = 0;
  std::int64_t offset = 0;
  std::string file;
};

/// In ascending order of addresses.
std::vector<FileMapping> file_mappings();

/// The name of a file as /proc/self/maps has it, where a line break is four characters, in its own.
std::string unescaped_path(std::string_view text);

}  // namespace ridgepoint
