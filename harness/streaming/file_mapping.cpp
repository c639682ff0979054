#include "harness/streaming/file_mapping.h"

#include <charconv>
#include <string_view>

#include "profiler/machine/system_file.h"

namespace ridgepoint {

std::vector<FileMapping> file_mappings() {
  std::vector<FileMapping> mappings;
  const auto text = read_system_file("/proc/self/maps");
  if (!text) return mappings;
  const auto hexadecimal = [](std::string_view word) {
    std::uintptr_t value = 0;
    std::from_chars(word.data(), word.data() + word.size(), value, 16);
    return value;
  };
  for (const auto line : split_lines(text.value())) {
    const auto words = split_words(line);
    // The name is the rest of the line: it may hold spaces.
    const auto slash = line.find('/');
    if (words.size() < 6 || slash == std::string_view::npos) continue;
    const auto dash = words[0].find('-');
    mappings.push_back({.first = hexadecimal(words[0].substr(0, dash)),
                        .end = hexadecimal(words[0].substr(dash + 1)),
                        .offset = static_cast<std::int64_t>(hexadecimal(words[2])),
                        .file = std::string(line.substr(slash))});
  }
  return mappings;
}

}  // namespace ridgepoint
