#include "workloads/transforms/parse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "tests/support/error_of.h"
#include "workloads/error.h"
#include "workloads/shell_quote.h"

namespace ridgepoint {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Choice first_of(const std::string& text) {
  return parse_transform(text).otherwise;
}
std::string refusal(const std::string& text) {
  return error_of([&] { return parse_transform(text); });
}

TEST(TransformText, NamesTypesByWhatTheyDo) {
  EXPECT_EQ(first_of("q8"), Choice(ToType{Type::q8_channel}));
  EXPECT_EQ(first_of("q8:group=32"), Choice(ToType{Type::q8_0}));
  EXPECT_EQ(first_of("q8:group=64"), Choice(ToType{Type::q8_g64}));
  EXPECT_EQ(first_of("w4a16"), Choice(ToType{Type::w4_g128}));
  EXPECT_EQ(first_of("w4a16:group=channel"), Choice(ToType{Type::w4_channel}));
  EXPECT_EQ(first_of("fp8"), Choice(ToType{Type::fp8}));
  EXPECT_EQ(first_of("fp8:scale=tensor"), Choice(ToType{Type::fp8, true}));
  EXPECT_EQ(first_of("q4_k"), Choice(ToType{Type::q4_k}));
  EXPECT_EQ(first_of("q4_k_m"), Choice(ToMixture{ModelType::q4_k_m()}));
  EXPECT_EQ(first_of("keep"), Choice(Keep{}));
  EXPECT_EQ(first_of("auto:error=0.01"), Choice(Automatic{0.01, {}}));
  EXPECT_EQ(first_of("auto:among=q8_0/q4_k:error=1e-3"),
            Choice(Automatic{1e-3, {Type::q8_0, Type::q4_k}}));
}

TEST(TransformText, HasRulesAfterAPlusAndTheLastThatFitsDecides) {
  const Transform transform =
      parse_transform("w4a16:group=64+output=f16+blk.0-1=q8+blk.1.ffn_up=keep");
  EXPECT_EQ(choice_for(transform, "blk.5.attn_q.weight"), Choice(ToType{Type::w4_g64}));
  EXPECT_EQ(choice_for(transform, "output.weight"), Choice(ToType{Type::f16}));
  EXPECT_EQ(choice_for(transform, "blk.1.attn_q.weight"), Choice(ToType{Type::q8_channel}));
  EXPECT_EQ(choice_for(transform, "blk.1.ffn_up.weight"), Choice(Keep{}));
  const Transform only_rules = parse_transform("ffn_down=q8:group=64");
  EXPECT_EQ(only_rules.otherwise, Choice(Keep{}));
  EXPECT_EQ(only_rules.rules.at(0).choice, Choice(ToType{Type::q8_g64}));
}

TEST(TransformPattern, FitsWholePartsOfANameInARow) {
  EXPECT_TRUE(fits("ffn_down", "blk.3.ffn_down.weight"));
  EXPECT_TRUE(fits("blk.3", "blk.3.ffn_down.weight"));
  EXPECT_TRUE(fits("3.ffn_down.weight", "blk.3.ffn_down.weight"));
  EXPECT_TRUE(fits("blk.2-10.ffn_down", "blk.10.ffn_down.weight"));
  EXPECT_FALSE(fits("blk.1", "blk.10.ffn_down.weight"));
  EXPECT_FALSE(fits("blk.2-10", "blk.11.ffn_down.weight"));
  EXPECT_FALSE(fits("output", "blk.3.attn_output.weight"));
  EXPECT_FALSE(fits("blk.ffn_down", "blk.3.ffn_down.weight"));
  EXPECT_FALSE(fits("weight.more", "blk.3.ffn_down.weight"));
  EXPECT_FALSE(fits("a-b", "blk.3.ffn_down.weight"));
}

TEST(TransformText, OfEqualTransformsIsEqual) {
  for (const auto& [written, kept] : std::vector<std::pair<std::string, std::string>>{
           {"q8:group=channel", "q8"},
           {"q8_channel", "q8"},
           {"q8:group=32", "q8_0"},
           {"q8_g64", "q8:group=64"},
           {"w4a16", "w4a16:group=128"},
           {"w4_channel", "w4a16:group=channel"},
           {"fp8:scale=channel", "fp8"},
           {"fp8:scale=tensor", "fp8:scale=tensor"},
           {"auto:error=1e-2", "auto:error=0.01"},
           {"auto:among=q8_0/q4_k/q8_0:error=.05", "auto:error=0.05:among=q8_0/q4_k"},
           {"auto:among=gguf:error=0.1", "auto:error=0.1:among=gguf"},
           {"keep+ffn_down=q4_k_m", "ffn_down=q4_k_m"},
           {"keep", "keep"},
           {"q4_k+output=q6_k", "q4_k+output=q6_k"}}) {
    EXPECT_EQ(to_text(parse_transform(written)), kept);
    EXPECT_EQ(parse_transform(kept), parse_transform(written)) << written;
    EXPECT_EQ(shell_quote(kept), kept) << "needs no quotes";
    EXPECT_EQ(kept.find(','), std::string::npos) << "commas separate the values of an axis";
  }
}

TEST(TransformText, ThatMeansNothingIsRefusedWithTheRemedy) {
  EXPECT_THAT(refusal("q9"), AllOf(StartsWith("transform: unknown 'q9'"), HasSubstr("q8, w4a16")));
  EXPECT_THAT(refusal(""), StartsWith("transform: empty"));
  EXPECT_THAT(refusal("q8++ffn_down=f16"), HasSubstr("nothing between"));
  EXPECT_THAT(refusal("q8+f16"), HasSubstr("PATTERN=f16"));
  EXPECT_THAT(refusal("q8:group=48"), HasSubstr("q8 has no group=48; choose from channel, 32, 64"));
  EXPECT_THAT(refusal("q8:grup=64"), HasSubstr("(did you mean 'group'?)"));
  EXPECT_THAT(refusal("q8:group=64:group=64"), HasSubstr("twice"));
  EXPECT_THAT(refusal("q8:group"), HasSubstr("write key=value"));
  EXPECT_THAT(refusal("q8:group="), HasSubstr("write key=value"));
  EXPECT_THAT(refusal("f16:group=64"), HasSubstr("f16 takes no settings"));
  EXPECT_THAT(refusal("i32"), HasSubstr("unknown 'i32'"));
  EXPECT_THAT(refusal("fp8:scale=block"), HasSubstr("channel, tensor"));
  EXPECT_THAT(refusal("auto"), HasSubstr("auto:error=0.01"));
  for (const char* error : {"0", "1", "-1", "nan", "inf", "1e999", "0.1x", "0x1p-3"}) {
    EXPECT_THAT(refusal(std::string("auto:error=") + error), HasSubstr("no share")) << error;
  }
  EXPECT_THAT(refusal("auto:error=0.1:among=q4_0/q5_k"), HasSubstr("unknown type 'q5_k'"));
  EXPECT_THAT(refusal("ffn*=q8"), HasSubstr("'ffn*' names no tensors"));
  EXPECT_THAT(refusal("=q8"), HasSubstr("names no tensors"));
  EXPECT_THAT(refusal("blk..ffn=q8"), HasSubstr("names no tensors"));
}

TEST(TransformText, SaysBeforehandWhatAGgufFileCannotHold) {
  const auto refused = [](const std::string& text) {
    return error_of([&] { check_gguf_holds(parse_transform(text)); });
  };
  for (const char* text : {"q8_0", "q8:group=32+output=q6_k", "q4_k_m", "keep",
                           "auto:error=0.1:among=gguf", "auto:error=0.1:among=q4_k/q8_0"}) {
    EXPECT_NO_THROW(check_gguf_holds(parse_transform(text))) << text;
  }
  EXPECT_THAT(refused("q8"), HasSubstr("a GGUF file cannot hold q8_channel; use one of f32"));
  EXPECT_THAT(refused("q8_0+output=w4a16"), HasSubstr("w4_g128"));
  EXPECT_THAT(refused("auto:error=0.1"), HasSubstr("append :among=gguf"));
}

TEST(TransformText, OfAnyKindIsParsedOrRefusedInOneLine) {
  std::mt19937 random(20261124);
  const std::string alphabet = "q8w4a16fp:=+./-_kgrouperoautm \n\"'0\xff";
  for (int i = 0; i < 20000; ++i) {
    std::string text;
    for (auto length = random() % 24; length > 0; --length) {
      text += alphabet[random() % alphabet.size()];
    }
    try {
      const Transform transform = parse_transform(text);
      EXPECT_EQ(parse_transform(to_text(transform)), transform) << text;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), StartsWith("transform: "));
    }
  }
}

}  // namespace
}  // namespace ridgepoint
