// A loaded plug-in: its table of functions, complete and of our ABI version.
#pragma once

#include <filesystem>
#include <string>

#include "backends/plugin/ridgepoint_plugin.h"

namespace ridgepoint {

/// Members that the library's table does not have (it was built against an older header of the same
/// version) are null. Never unloaded.
struct PluginLibrary {
  std::string path;  ///< as given, for error lines
  ridgepoint_plugin table{};
};

/// Error, one line: see open_plugin.
PluginLibrary load_plugin(const std::filesystem::path& path);

}  // namespace ridgepoint
