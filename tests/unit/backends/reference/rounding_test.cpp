// The reference that rounds as fast backends do, by which a check tells a rounding backend from a
// wrong one.
#include <gtest/gtest.h>

#include "backends/registry.h"
#include "tests/support/error_of.h"

namespace ridgepoint {
namespace {

TEST(RoundingReference, HasAnotherNameThanTheTruth) {
  EXPECT_EQ(open_backend("reference")->describe().name, "reference");
  EXPECT_EQ(open_backend("reference:activations=exact")->describe().name, "reference");
  EXPECT_EQ(open_backend("reference:activations=rounded")->describe().name,
            "reference:activations=rounded");
  EXPECT_EQ(error_of([] { return open_backend("reference:activations=some"); }),
            "backend 'reference': unknown activations 'some'; take exact or rounded");
}

}  // namespace
}  // namespace ridgepoint
