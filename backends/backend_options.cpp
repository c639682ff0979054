#include "backends/backend_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "workloads/error.h"

namespace ridgepoint {

BackendOptions::BackendOptions(std::string_view backend, std::string_view text)
    : backend_(backend) {
  if (text.ends_with(',')) {
    throw Error(fmt::format("backend '{}': nothing after the last comma of '{}'; remove it",
                            backend, text));
  }
  while (!text.empty()) {
    const std::string_view entry = text.substr(0, text.find(','));
    text.remove_prefix(std::min(entry.size() + 1, text.size()));
    const std::size_t equals = entry.find('=');
    if (equals == 0 || equals == std::string_view::npos) {
      throw Error(fmt::format("backend '{}': '{}' is no option; write key=value", backend, entry));
    }
    const std::string_view key = entry.substr(0, equals);
    if (equals + 1 == entry.size()) {
      throw Error(fmt::format("backend '{}': the option '{}' has no value; write one after the '='",
                              backend, key));
    }
    if (!left_.emplace(key, entry.substr(equals + 1)).second) {
      throw Error(fmt::format("backend '{}': the option '{}' is given twice", backend, key));
    }
  }
}

std::int64_t BackendOptions::take_integer(std::string_view key, std::int64_t otherwise,
                                          std::int64_t minimum, std::int64_t maximum) {
  const auto found = left_.find(key);
  if (found == left_.end()) return otherwise;
  const std::string text = found->second;
  left_.erase(found);
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, status] = std::from_chars(text.data(), end, value);
  if (status != std::errc{} || stop != end || value < minimum || value > maximum) {
    throw Error(fmt::format("backend '{}': {}={} is no integer of {} to {}", backend_, key, text,
                            minimum, maximum));
  }
  return value;
}

std::string BackendOptions::take_text(std::string_view key, std::string_view otherwise) {
  const auto found = left_.find(key);
  if (found == left_.end()) return std::string(otherwise);
  std::string text = std::move(found->second);
  left_.erase(found);
  return text;
}

void BackendOptions::finish(std::string_view known) const {
  if (left_.empty()) return;
  throw Error(fmt::format("backend '{}' has no option '{}'; it has {}", backend_,
                          left_.begin()->first, known.empty() ? "none" : known));
}

}  // namespace ridgepoint
