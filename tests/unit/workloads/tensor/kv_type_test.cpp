// The types of KV, by the names that cases give them.
#include "workloads/tensor/kv_type.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/error_of.h"
#include "workloads/case.h"

namespace ridgepoint {
namespace {

TEST(KvTypes, AreWhatTheAxisOffers) {
  EXPECT_THAT(kv_type_names(), ::testing::ElementsAre("f32", "f16", "bf16", "fp8"));
  EXPECT_EQ(find_case_field("kv")->choices, kv_type_names());
  for (const KvTypeName& each : kv_types()) {
    EXPECT_EQ(find_kv_type(each.name), each.type);
    EXPECT_TRUE(holds_kv(each.type));
    // A position's heads are parts of its row, so a row is its elements and nothing else.
    EXPECT_EQ(row_bytes(each.type, 24), 24 * type_info(each.type).block_bytes);
  }
}

TEST(KvTypes, OfEightBitsAreNumbersWithoutScales) {
  EXPECT_EQ(parse_kv_type("fp8"), Type::e4m3);
  EXPECT_FALSE(holds_kv(Type::fp8));
  EXPECT_FALSE(type_info(Type::e4m3).weight);
}

TEST(KvTypes, ThatAreUnknownAreRefusedWithTheKnownOnes) {
  for (const char* name : {"", "e4m3", "q8_0", "F16"}) {
    EXPECT_EQ(find_kv_type(name), std::nullopt);
    EXPECT_THAT(error_of([&] { return parse_kv_type(name); }),
                ::testing::HasSubstr("f32, f16, bf16, fp8"));
  }
}

}  // namespace
}  // namespace ridgepoint
