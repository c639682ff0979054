#include "harness/streaming/file_mapping.h"

#include <charconv>
#include <filesystem>
#include <string_view>
#include <system_error>

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
                        .file = unescaped_path(line.substr(slash))});
  }
  return mappings;
}

std::string unescaped_path(std::string_view text) {
  constexpr std::string_view kLineBreak = "\\012";
  std::string path(text);
  if (path.find(kLineBreak) == std::string::npos) return path;
  // A name may hold these four characters itself; then there is a file of that name.
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored)) return path;
  for (auto at = path.find(kLineBreak); at != std::string::npos; at = path.find(kLineBreak, at)) {
    path.replace(at++, kLineBreak.size(), "\n");
  }
  return path;
}

}  // namespace ridgepoint
