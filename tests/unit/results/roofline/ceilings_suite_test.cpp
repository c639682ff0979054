#include "results/roofline/ceilings_suite.h"

#include <gtest/gtest.h>

namespace ridgepoint {
namespace {

Case on(const std::string& backend) {
  Case subject;
  subject.backend = backend;
  return subject;
}

TEST(DeviceOf, FollowsFromTheBackend) {
  for (const auto& [backend, device] :
       {std::pair("cpu", ""), std::pair("cuda", "cuda:0"), std::pair("cuda:device=1", "cuda:1"),
        std::pair("cuda:graph=off,device=2,x=1", "cuda:2"), std::pair("cudagrind", "")}) {
    EXPECT_EQ(device_of(on(backend)), device) << backend;
  }
}

TEST(CeilingsSuite, IsOneForEachDevice) {
  EXPECT_EQ(ceilings_suite(on("quantized")), "roofline");
  EXPECT_EQ(ceilings_suite(on("cuda:device=3")), "roofline cuda:3");
  EXPECT_EQ(ceilings_device("roofline"), "");
  EXPECT_EQ(ceilings_device("roofline cuda:3"), "cuda:3");
  EXPECT_EQ(ceilings_device("llm"), std::nullopt);
}

}  // namespace
}  // namespace ridgepoint
