#include "backends/plugin/plugin_call.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "workloads/error.h"

namespace ridgepoint {

std::string printable(std::string_view text) {
  // Through JSON and back: bytes that are no UTF-8 become replacement characters, because these
  // lines end up in records and exports.
  using nlohmann::json;
  const std::string encoded = json(text).dump(-1, ' ', false, json::error_handler_t::replace);
  std::string line = json::parse(encoded).get<std::string>();
  for (char& letter : line) {
    if (letter >= 0 && (letter < ' ' || letter == '\x7f')) letter = ' ';
  }
  while (line.ends_with(' ')) line.pop_back();
  return line;
}

PluginReply read_reply(ridgepoint_status status, std::span<const char> buffer) {
  const auto end = std::find(buffer.begin(), buffer.end(), '\0');
  PluginReply reply{status, printable(std::string_view(buffer.begin(), end))};
  if (reply.reason.empty()) reply.reason = fmt::format("status {} without a reason", status);
  return reply;
}

void require_ok(const PluginLibrary& library, std::string_view function, const PluginReply& reply) {
  if (reply.status == RIDGEPOINT_OK) return;
  std::string line = fmt::format("plug-in '{}': {}: {}", library.path, function, reply.reason);
  if (reply.status == RIDGEPOINT_OUT_OF_MEMORY) throw PluginOutOfMemory(std::move(line));
  throw Error(line);
}

}  // namespace ridgepoint
