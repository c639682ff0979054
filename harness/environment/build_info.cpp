#include "harness/environment/build_info.h"

#include "ridgepoint_commit.h"  // written by harness/environment/write_commit.cmake at every build

namespace ridgepoint {

const BuildInfo& build_info() {
  static constexpr BuildInfo kInfo{
      .version = RIDGEPOINT_VERSION,
      .commit = RIDGEPOINT_COMMIT,
      .compiler = RIDGEPOINT_COMPILER,
      .compiler_version = RIDGEPOINT_COMPILER_VERSION,
      .flags = RIDGEPOINT_COMPILER_FLAGS,
      .build_type = RIDGEPOINT_BUILD_TYPE,
      .source_folder = RIDGEPOINT_SOURCE_FOLDER,
  };
  return kInfo;
}

}  // namespace ridgepoint
