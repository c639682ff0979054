// A test of every backend in the registry. One that cannot be opened here is skipped with the
// reason: its tests run by themselves where it can be.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "backends/registry.h"

namespace ridgepoint {

inline std::vector<std::string> registered_backends() {
  std::vector<std::string> names;
  for (const BackendEntry& entry : list_backends()) names.push_back(entry.name);
  return names;
}

class RegisteredBackend : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    for (const BackendEntry& entry : list_backends()) {
      if (entry.name != GetParam() || entry.unavailable.empty()) continue;
      GTEST_SKIP() << entry.name << ": " << entry.unavailable;
    }
    backend_ = open_backend(GetParam());
  }
  std::unique_ptr<Backend> backend_;
};

}  // namespace ridgepoint
