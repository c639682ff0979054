// One call across the border: status and error buffer come back, an exception goes up.
#pragma once

#include <array>
#include <cstddef>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "backends/plugin/plugin_library.h"

namespace ridgepoint {

/// The engine said RIDGEPOINT_OUT_OF_MEMORY. A bad_alloc, so that whoever tells out of memory from
/// failure does so for engines too.
class PluginOutOfMemory : public std::bad_alloc {
 public:
  explicit PluginOutOfMemory(std::string what) : what_(std::move(what)) {}
  [[nodiscard]] const char* what() const noexcept override { return what_.c_str(); }

 private:
  std::string what_;
};

struct PluginReply {
  ridgepoint_status status = RIDGEPOINT_OK;
  std::string reason;  ///< one printable line; empty when the status is RIDGEPOINT_OK
};

/// What an engine wrote, as one line of UTF-8 without control characters, however badly it did.
std::string printable(std::string_view text);

/// Reads the reason for a status other than RIDGEPOINT_OK.
PluginReply read_reply(ridgepoint_status status, std::span<const char> buffer);

/// Runs `call(error, error_size)`. Inline, and no allocation when all is well: calls are timed.
template <typename Call>
PluginReply ask_plugin(const Call& call) {
  constexpr std::size_t kErrorBytes = 512;
  std::array<char, kErrorBytes> buffer{};
  const ridgepoint_status status = call(buffer.data(), buffer.size());
  return status == RIDGEPOINT_OK ? PluginReply{} : read_reply(status, buffer);
}

/// Throws for a status other than RIDGEPOINT_OK: PluginOutOfMemory, or Error "plug-in 'PATH':
/// FUNCTION: REASON".
void require_ok(const PluginLibrary& library, std::string_view function, const PluginReply& reply);

}  // namespace ridgepoint
