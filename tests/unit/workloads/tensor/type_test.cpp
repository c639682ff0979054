#include "workloads/tensor/type.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "tests/support/error_of.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;

TEST(Types, AreListedInTheOrderOfTheEnum) {
  ASSERT_EQ(types().size(), 18U);
  for (std::size_t i = 0; i < types().size(); ++i) {
    EXPECT_EQ(static_cast<std::size_t>(types()[i].type), i);
    EXPECT_EQ(&type_info(types()[i].type), &types()[i]);
  }
}

TEST(Types, AreFoundByNameAndByGgufNumber) {
  for (const TypeInfo& info : types()) {
    EXPECT_EQ(find_type(info.name), info.type);
    if (info.gguf_id != kNoGgufId) {
      EXPECT_EQ(find_gguf_type(info.gguf_id), info.type);
    }
    EXPECT_EQ(name_of(info.type), info.name);
  }
  EXPECT_EQ(find_type("Q8_0"), std::nullopt);
  EXPECT_EQ(find_type(""), std::nullopt);
  EXPECT_EQ(find_gguf_type(13), std::nullopt);
  EXPECT_EQ(find_gguf_type(kNoGgufId), std::nullopt);
}

TEST(Types, HaveTheBlockSizesOfGgml) {
  EXPECT_EQ(row_bytes(Type::f32, 64), 256);
  EXPECT_EQ(row_bytes(Type::f16, 64), 128);
  EXPECT_EQ(row_bytes(Type::bf16, 64), 128);
  EXPECT_EQ(row_bytes(Type::q8_0, 64), 68);
  EXPECT_EQ(row_bytes(Type::q4_0, 64), 36);
  EXPECT_EQ(row_bytes(Type::q5_0, 64), 44);
  EXPECT_EQ(row_bytes(Type::q4_k, 512), 288);
  EXPECT_EQ(row_bytes(Type::q6_k, 512), 420);
  EXPECT_EQ(row_bytes(Type::i32, 3), 12);
  EXPECT_EQ(row_bytes(Type::q8_0, 0), 0);
}

TEST(Types, OfOurOwnHaveTheirScalesInBlocksOrAtTheBeginningOfARow) {
  EXPECT_EQ(row_bytes(Type::q8_g64, 128), 2 * (2 + 64));
  EXPECT_EQ(row_bytes(Type::q8_g128, 128), 2 + 128);
  EXPECT_EQ(row_bytes(Type::w4_g32, 128), 4 * (4 + 16));
  EXPECT_EQ(row_bytes(Type::w4_g64, 128), 2 * (4 + 32));
  EXPECT_EQ(row_bytes(Type::w4_g128, 128), 4 + 64);
  for (const std::int64_t length : {1, 31, 32, 33, 127}) {
    EXPECT_EQ(row_bytes(Type::q8_channel, length), 4 + length);
    EXPECT_EQ(row_bytes(Type::fp8, length), 4 + length);
    EXPECT_EQ(row_bytes(Type::w4_channel, length), 4 + (length + 31) / 32 * 16);
  }
  EXPECT_EQ(row_bytes(Type::q8_channel, 0), 0);
  EXPECT_THAT(error_of([] { row_bytes(Type::w4_g128, 192); }), HasSubstr("as w4_g128 needs"));
}

TEST(Types, RefuseARowThatIsNotWholeBlocks) {
  EXPECT_THAT(
      error_of([] { row_bytes(Type::q8_0, 48); }),
      ::testing::AllOf(HasSubstr("48 elements"), HasSubstr("blocks of 32"), HasSubstr("q8_0")));
  EXPECT_THAT(error_of([] { row_bytes(Type::q4_k, 128); }), HasSubstr("blocks of 256, as q4_k"));
  EXPECT_THAT(error_of([] { row_bytes(Type::f32, -1); }), HasSubstr("-1 elements"));
}

TEST(Types, RefuseARowWhoseBytesOverflow) {
  EXPECT_THAT(error_of([] { row_bytes(Type::f32, std::numeric_limits<std::int64_t>::max()); }),
              HasSubstr("64 bits"));
}

TEST(Types, AWeightTypeIsParsedAndAnyOtherNameListsThem) {
  EXPECT_EQ(parse_weight_type("q4_0"), Type::q4_0);
  const std::string known =
      "f32, f16, bf16, q8_0, q4_0, q5_0, q4_k, q6_k, q8_channel, q8_g64, q8_g128, w4_channel, "
      "w4_g32, "
      "w4_g64, w4_g128, fp8";
  EXPECT_EQ(error_of([] { parse_weight_type("q5_K"); }),
            "unknown weight type 'q5_K'; use one of " + known);
  EXPECT_EQ(error_of([] { parse_weight_type("i32"); }),
            "unknown weight type 'i32'; use one of " + known);
}

}  // namespace
}  // namespace ridgepoint
