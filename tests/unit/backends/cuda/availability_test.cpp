// What is said where CUDA cannot be used. Where it can be, the contract suite has more to say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backends/cuda/cuda_backend.h"
#include "backends/registry.h"
#include "tests/support/error_of.h"

namespace ridgepoint {
namespace {

TEST(CudaAvailability, IsAReasonOfOneLineOrNone) {
  const std::string reason = cuda_unavailable();
  EXPECT_EQ(reason.find('\n'), std::string::npos);
  EXPECT_EQ(reason, cuda_unavailable());
}

TEST(CudaAvailability, IsWhatOpeningSays) {
  const std::string reason = cuda_unavailable();
  if (reason.empty()) GTEST_SKIP() << "there is a GPU";
  EXPECT_THAT(error_of([] { return open_backend("cuda"); }), ::testing::HasSubstr(reason));
}

TEST(CudaAvailability, IsListedWithTheBackend) {
  for (const BackendEntry& entry : list_backends()) {
    if (entry.name == "cuda") {
      EXPECT_EQ(entry.unavailable, cuda_unavailable());
      return;
    }
    EXPECT_TRUE(entry.unavailable.empty()) << entry.name;
  }
  FAIL() << "not listed";
}

}  // namespace
}  // namespace ridgepoint
