#include "profiler/machine/system_memory.h"

#include "profiler/machine/system_file.h"

namespace ridgepoint {
namespace {

Reading<std::int64_t> field_bytes(std::string_view text, std::string_view key) {
  const auto field = find_field(text, key);
  if (!field) return Reading<std::int64_t>::absent("/proc/meminfo has no " + std::string(key));
  const auto words = split_words(*field);
  const auto value = words.empty() ? std::nullopt : parse_integer(words[0]);
  if (!value || words.size() != 2 || words[1] != "kB") {
    return Reading<std::int64_t>::absent("/proc/meminfo: " + std::string(key) + " is not in kB");
  }
  return Reading<std::int64_t>::of(*value * 1024);
}

}  // namespace

SystemMemory parse_meminfo(std::string_view text) {
  return {field_bytes(text, "MemTotal"), field_bytes(text, "MemAvailable")};
}

SystemMemory read_system_memory() {
  const auto text = read_system_file("/proc/meminfo");
  if (text) return parse_meminfo(text.value());
  return {Reading<std::int64_t>::absent(text.why()), Reading<std::int64_t>::absent(text.why())};
}

Reading<std::string> parse_transparent_huge_pages(std::string_view text) {
  const auto open = text.find('[');
  const auto close = text.find(']', open == std::string_view::npos ? 0 : open);
  if (open == std::string_view::npos || close == std::string_view::npos) {
    return Reading<std::string>::absent("transparent huge pages: no choice is marked");
  }
  return Reading<std::string>::of(std::string(text.substr(open + 1, close - open - 1)));
}

Reading<std::string> read_transparent_huge_pages() {
  const auto text = read_system_file("/sys/kernel/mm/transparent_hugepage/enabled");
  return text ? parse_transparent_huge_pages(text.value()) : text;
}

}  // namespace ridgepoint
