#include "harness/streaming/leftovers.h"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <optional>
#include <system_error>
#include <vector>

#include "profiler/machine/system_file.h"

namespace ridgepoint {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kOwnPrefix = "ridgepoint-";

/// Whose it is; nothing for another name.
std::optional<std::int64_t> process_in(std::string_view name, std::string_view suffix) {
  if (name.size() <= kOwnPrefix.size() + suffix.size() || !name.starts_with(kOwnPrefix) ||
      !name.ends_with(suffix)) {
    return std::nullopt;
  }
  name.remove_prefix(kOwnPrefix.size());
  name.remove_suffix(suffix.size());
  return parse_integer(name);
}

bool is_gone(std::int64_t process) {
  return process > 0 && ::kill(static_cast<pid_t>(process), 0) != 0 && errno == ESRCH;
}

}  // namespace

std::string own_name(std::string_view suffix) {
  return std::string(kOwnPrefix) + std::to_string(::getpid()) + std::string(suffix);
}

void remove_leftovers(const fs::path& folder, std::string_view suffix) {
  std::error_code ignored;
  std::vector<fs::path> stale;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const auto process = process_in(entry.path().filename().string(), suffix);
    if (process && is_gone(*process)) stale.push_back(entry.path());
  }
  for (const fs::path& path : stale) fs::remove(path, ignored);
}

}  // namespace ridgepoint
