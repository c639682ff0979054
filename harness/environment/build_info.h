// What this build of Ridgepoint calls itself and how it was compiled.
#pragma once

#include <string_view>

namespace ridgepoint {

struct BuildInfo {
  std::string_view version;   ///< of the project, "0.1.0"
  std::string_view commit;    ///< when it was built; "...-dirty", or "unknown" outside of git
  std::string_view compiler;  ///< "GNU", "Clang"
  std::string_view compiler_version;
  std::string_view flags;
  std::string_view build_type;     ///< "Release"
  std::string_view source_folder;  ///< where it was built from, if that still exists
};
const BuildInfo& build_info();

}  // namespace ridgepoint
