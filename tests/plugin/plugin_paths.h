// Where this build put its plug-ins.
#pragma once

#include <string>

namespace ridgepoint::testing {

inline std::string plugin_path(const std::string& name) {
  return std::string(RIDGEPOINT_BINARY_DIR) + "/tests/plugin/lib" + name + ".so";
}

}  // namespace ridgepoint::testing
