// Where this build put its plug-ins, and a one-line error caught.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "workloads/error.h"

namespace ridgepoint::testing {

inline std::string plugin_path(const std::string& name) {
  return std::string(RIDGEPOINT_BINARY_DIR) + "/tests/plugin/lib" + name + ".so";
}

/// What the call's Error says.
template <typename Call>
std::string error_of(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), ::testing::Not(::testing::HasSubstr("\n")));
    return error.what();
  }
  ADD_FAILURE() << "no Error was thrown";
  return {};
}

}  // namespace ridgepoint::testing
