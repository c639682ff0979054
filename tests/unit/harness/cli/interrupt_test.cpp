#include "harness/cli/interrupt.h"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <thread>

namespace ridgepoint {
namespace {

TEST(Interrupt, TakesSignalsThatComeTogetherForOne) {
  const Interrupt interrupt;
  EXPECT_FALSE(interrupt.requested());
  // As GNU timeout sends them: to its child, then to the child's group.
  std::raise(SIGTERM);
  std::raise(SIGTERM);
  std::raise(SIGINT);
  EXPECT_TRUE(interrupt.requested());
}

TEST(InterruptDeathTest, EndsTheProcessWhenAskedAgain) {
  EXPECT_EXIT(
      {
        const Interrupt interrupt;
        std::raise(SIGTERM);
        std::this_thread::sleep_for(std::chrono::milliseconds(600));
        std::raise(SIGTERM);
        std::_Exit(0);
      },
      ::testing::KilledBySignal(SIGTERM), "");
}

}  // namespace
}  // namespace ridgepoint
