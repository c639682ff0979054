#include "workloads/formats/gguf_reader.h"

#include <gmock/gmock.h>

#include <bit>
#include <limits>

#include "tests/support/error_of.h"
#include "tests/unit/workloads/formats/gguf_bytes.h"
#include "tests/unit/workloads/formats/is_error_at.h"

namespace ridgepoint {
namespace {

constexpr std::uint32_t kU8 = 0, kI8 = 1, kU16 = 2, kI16 = 3, kI32 = 5, kBool = 7, kText = 8,
                        kArray = 9, kU64 = 10, kI64 = 11, kF64 = 12;
constexpr std::size_t kVersionOffset = 4, kTensorCountOffset = 8, kEntryCountOffset = 16;

std::string reader_error(std::span<const std::byte> bytes) {
  return error_of([&] { GgufFile::parse(bytes, "bad.gguf"); });
}
std::string reader_error(const GgufBytes& file) {
  return reader_error(file.build());
}

template <typename T>
std::string packed(T value) {
  std::string text;
  GgufBytes::append(text, value);
  return text;
}
std::string packed_text(std::string_view value) {
  std::string text;
  GgufBytes::append_text(text, value);
  return text;
}

TEST(GgufReader, ReadsHeaderMetadataAndTensors) {
  GgufBytes file;
  file.text("general.name", "a name").u32("count", 7);
  file.f32_tensor("first", {3, 2}).tensor("second", {64}, 8, 68);
  const auto bytes = file.build();
  const GgufFile parsed = GgufFile::parse(bytes, "good.gguf");
  EXPECT_EQ(parsed.origin(), "good.gguf");
  EXPECT_EQ(parsed.version(), 3U);
  EXPECT_EQ(parsed.alignment(), 32U);
  EXPECT_EQ(parsed.tensor_table_offset(), file.info_offset(0));
  EXPECT_EQ(parsed.data_offset() % 32, 0U);
  ASSERT_EQ(parsed.metadata().size(), 2U);
  EXPECT_EQ(parsed.metadata()[1].key, "count");
  ASSERT_EQ(parsed.tensors().size(), 2U);
  const GgufTensor* first = parsed.find_tensor("first");
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(first->view.shape, (Shape{2, 3})) << "outermost first";
  EXPECT_EQ(first->view.bytes.size(), 24U);
  EXPECT_EQ(first->view.bytes.data(), bytes.data() + first->data_offset);
  EXPECT_EQ(first->info_offset, file.info_offset(0));
  EXPECT_EQ(parsed.find_tensor("second")->view.type, Type::q8_0);
  EXPECT_EQ(parsed.find_tensor("second")->data_offset, parsed.data_offset() + 32);
  EXPECT_EQ(parsed.find_tensor("third"), nullptr);
  EXPECT_EQ(parsed.find("third"), nullptr);
}

TEST(GgufReader, ReadsVersionTwoAndAFileWithoutTensors) {
  GgufBytes file;
  file.version = 2;
  EXPECT_EQ(GgufFile::parse(file.build(), "v2").version(), 2U);
  const auto bytes = GgufBytes{}.build();
  // Without tensors, nothing need follow the header.
  EXPECT_TRUE(GgufFile::parse(std::span(bytes).first(24), "none").tensors().empty());
}

TEST(GgufReader, ReadsEveryTypeOfValue) {
  GgufBytes file;
  file.entry<std::uint8_t>("u8", kU8, 200).entry<std::int8_t>("i8", kI8, -100);
  file.entry<std::uint16_t>("u16", kU16, 60000).entry<std::int16_t>("i16", kI16, -30000);
  file.u32("u32", 4'000'000'000U).entry<std::int32_t>("i32", kI32, -2'000'000'000);
  file.entry<std::uint64_t>("u64", kU64, 1ULL << 40).entry<std::int64_t>("i64", kI64, -(1LL << 40));
  file.f32("f32", 1e-5F).entry<double>("f64", kF64, 0.1).text("text", "hello");
  file.entry<std::uint8_t>("true", kBool, 1).entry<std::uint8_t>("false", kBool, 0);
  const auto bytes = file.build();
  const GgufFile parsed = GgufFile::parse(bytes, "all");
  EXPECT_EQ(parsed.integer("u8"), 200);
  EXPECT_EQ(parsed.integer("i8"), -100);
  EXPECT_EQ(parsed.integer("u16"), 60000);
  EXPECT_EQ(parsed.integer("i16"), -30000);
  EXPECT_EQ(parsed.integer("u32"), 4'000'000'000);
  EXPECT_EQ(parsed.integer("i32"), -2'000'000'000);
  EXPECT_EQ(parsed.integer("u64"), 1LL << 40);
  EXPECT_EQ(parsed.integer("i64"), -(1LL << 40));
  EXPECT_EQ(parsed.unsigned_integer("u64"), 1ULL << 40);
  EXPECT_EQ(parsed.real("f32"), 1e-5) << "what the decimal in a config said";
  EXPECT_EQ(parsed.real("f64"), 0.1);
  EXPECT_EQ(parsed.text("text"), "hello");
  EXPECT_EQ(parsed.boolean("true"), true);
  EXPECT_EQ(parsed.boolean("false"), false);
  EXPECT_EQ(parsed.integer("absent"), std::nullopt);
  EXPECT_EQ(parsed.unsigned_integer("absent"), std::nullopt);
  EXPECT_EQ(parsed.real("absent"), std::nullopt);
  EXPECT_EQ(parsed.text("absent"), std::nullopt);
  EXPECT_EQ(parsed.boolean("absent"), std::nullopt);
}

TEST(GgufReader, RefusesAValueOfAnotherType) {
  GgufBytes file;
  file.text("text", "22").entry<std::uint64_t>("huge", kU64, ~0ULL);
  file.entry<std::int32_t>("negative", kI32, -1);
  const auto bytes = file.build();
  const GgufFile parsed = GgufFile::parse(bytes, "bad.gguf");
  const std::size_t text_offset = parsed.find("text")->offset;
  const std::size_t huge_offset = parsed.find("huge")->offset;
  const std::size_t negative_offset = parsed.find("negative")->offset;
  EXPECT_THAT(error_of([&] { return parsed.integer("text"); }),
              IsErrorAt("bad.gguf", text_offset, "'text' is '22' (string) where a whole number"));
  EXPECT_THAT(error_of([&] { return parsed.real("text"); }),
              IsErrorAt("bad.gguf", text_offset, "where f32 or f64 is needed"));
  EXPECT_THAT(error_of([&] { return parsed.boolean("huge"); }),
              IsErrorAt("bad.gguf", huge_offset, "where bool is needed"));
  EXPECT_THAT(error_of([&] { return parsed.text("huge"); }),
              IsErrorAt("bad.gguf", huge_offset, "where string is needed"));
  EXPECT_THAT(error_of([&] { return parsed.integer("huge"); }),
              IsErrorAt("bad.gguf", huge_offset, "18446744073709551615"));
  EXPECT_THAT(error_of([&] { return parsed.unsigned_integer("negative"); }),
              IsErrorAt("bad.gguf", negative_offset, "not negative"));
  EXPECT_THAT(error_of([&] { return parsed.unsigned_integer("text"); }),
              IsErrorAt("bad.gguf", text_offset, "not negative"));
}

TEST(GgufReader, DescribesValuesOnOneLine) {
  GgufBytes file;
  file.u32("number", 22)
      .f32("real", 0.5F)
      .text("text", "two\nlines")
      .entry<std::uint8_t>("yes", kBool, 1);
  file.raw("numbers", kArray,
           packed(std::uint32_t{kI32}) + packed(std::uint64_t{5}) + packed(1) + packed(2) +
               packed(3) + packed(4) + packed(5));
  file.raw("few", kArray,
           packed(std::uint32_t{kI32}) + packed(std::uint64_t{2}) + packed(1) + packed(2));
  file.raw("words", kArray,
           packed(std::uint32_t{kText}) + packed(std::uint64_t{1}) + packed_text("one"));
  file.raw("empty", kArray, packed(std::uint32_t{kText}) + packed(std::uint64_t{0}));
  file.raw("nested", kArray,
           packed(std::uint32_t{kArray}) + packed(std::uint64_t{1}) + packed(std::uint32_t{kI32}) +
               packed(std::uint64_t{0}));
  const auto bytes = file.build();
  const GgufFile parsed = GgufFile::parse(bytes, "all");
  const auto words = [&](std::string_view key) { return describe(*parsed.find(key)); };
  EXPECT_EQ(words("number"), "22");
  EXPECT_EQ(words("real"), "0.5");
  EXPECT_EQ(words("text"), "'two\\x0alines'");
  EXPECT_EQ(words("yes"), "true");
  EXPECT_EQ(words("numbers"), "[1, 2, 3, ... 5 i32]");
  EXPECT_EQ(words("few"), "[1, 2]");
  EXPECT_EQ(words("words"), "['one']");
  EXPECT_EQ(words("empty"), "[]");
  EXPECT_EQ(words("nested"), "[... 1 array]");
}

TEST(GgufReader, RefusesWhatIsNoGgufFile) {
  EXPECT_THAT(reader_error(std::span<const std::byte>{}), IsErrorAt("bad.gguf", 0, "0 bytes"));
  GgufBytes file;
  file.magic = "PK\x03\x04";
  EXPECT_THAT(reader_error(file), IsErrorAt("bad.gguf", 0, "begins with 'PK\\x03\\x04'"));
  file.magic = "ggjt";
  EXPECT_THAT(reader_error(file), IsErrorAt("bad.gguf", 0, "'ggjt'"));
}

TEST(GgufReader, RefusesOtherVersions) {
  GgufBytes file;
  for (const std::uint32_t version : {0U, 1U, 4U}) {
    file.version = version;
    EXPECT_THAT(reader_error(file),
                IsErrorAt("bad.gguf", kVersionOffset,
                          "version " + std::to_string(version) + " is not supported"));
  }
  file.version = 0x03000000;
  EXPECT_THAT(reader_error(file), IsErrorAt("bad.gguf", kVersionOffset, "big-endian"));
}

TEST(GgufReader, RefusesEveryTruncation) {
  const auto bytes = small_llama().build();
  const GgufFile whole = GgufFile::parse(bytes, "whole");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const std::string line = reader_error(std::span(bytes).first(size));
    EXPECT_THAT(line, ::testing::StartsWith("bad.gguf: byte "));
    EXPECT_THAT(line, ::testing::HasSubstr("; the file is cut short or damaged"));
  }
}

TEST(GgufReader, RefusesCountsThatCannotBe) {
  GgufBytes file;
  file.extra_tensors = 5;
  EXPECT_THAT(reader_error(file), IsErrorAt("bad.gguf", kTensorCountOffset, "5 tensors"));
  file.extra_tensors = ~0ULL;
  EXPECT_THAT(reader_error(file),
              IsErrorAt("bad.gguf", kTensorCountOffset, "18446744073709551615 tensors"));
  file.extra_tensors = 0;
  file.extra_entries = 1ULL << 60;
  EXPECT_THAT(reader_error(file), IsErrorAt("bad.gguf", kEntryCountOffset, "metadata keys"));
}

TEST(GgufReader, RefusesStringsAndKeysThatLeaveTheFile) {
  GgufBytes file;
  file.raw("key", kText, packed(~0ULL) + "abc");
  EXPECT_THAT(reader_error(file),
              IsErrorAt("bad.gguf", 24 + 8 + 3 + 4 + 8, "18446744073709551615"));
  GgufBytes empty_key;
  empty_key.u32("", 1);
  EXPECT_THAT(reader_error(empty_key), IsErrorAt("bad.gguf", 24, "0 characters"));
  GgufBytes long_key;
  long_key.u32(std::string(70000, 'k'), 1);
  EXPECT_THAT(reader_error(long_key), IsErrorAt("bad.gguf", 24, "70000 characters"));
}

TEST(GgufReader, RefusesUnknownValueTypes) {
  GgufBytes file;
  file.u32("good", 1).raw("odd", 13, "....");
  EXPECT_THAT(reader_error(file), IsErrorAt("bad.gguf", 24 + 8 + 4 + 4 + 4 + 8 + 3,
                                            "the value of 'odd' has the unknown type 13"));
}

TEST(GgufReader, RefusesArraysThatCannotBe) {
  const std::size_t value = 24 + 8 + 5 + 4;
  GgufBytes count;
  count.raw("array", kArray, packed(std::uint32_t{kI32}) + packed(std::uint64_t{1} << 62));
  EXPECT_THAT(reader_error(count),
              IsErrorAt("bad.gguf", value + 4, "4611686018427387904 elements"));
  GgufBytes strings;
  strings.raw("array", kArray, packed(std::uint32_t{kText}) + packed(std::uint64_t{1} << 61));
  EXPECT_THAT(reader_error(strings), IsErrorAt("bad.gguf", value + 4, "at least 8 bytes"));
  GgufBytes element;
  element.raw("array", kArray, packed(std::uint32_t{99}) + packed(std::uint64_t{0}));
  EXPECT_THAT(reader_error(element), IsErrorAt("bad.gguf", value, "unknown type 99"));
}

TEST(GgufReader, ReadsNestedArraysToABound) {
  const auto nested = [](int depth) {
    std::string value;
    for (int i = 1; i < depth; ++i) {
      value += packed(std::uint32_t{kArray}) + packed(std::uint64_t{1});
    }
    value += packed(std::uint32_t{kI32}) + packed(std::uint64_t{1}) + packed(7);
    GgufBytes file;
    file.raw("deep", kArray, value);
    return file;
  };
  EXPECT_EQ(GgufFile::parse(nested(4).build(), "deep").metadata().size(), 1U);
  EXPECT_THAT(reader_error(nested(5)), ::testing::HasSubstr("nested more than 4 deep"));
  EXPECT_THAT(reader_error(nested(100'000)), ::testing::HasSubstr("nested more than 4 deep"));
}

TEST(GgufReader, RefusesAKeyOrATensorThatIsThereTwice) {
  GgufBytes keys;
  keys.u32("same", 1).u32("other", 2).u32("same", 3);
  EXPECT_THAT(reader_error(keys), ::testing::HasSubstr("the key 'same' is there twice"));
  GgufBytes tensors;
  tensors.f32_tensor("same", {4}).f32_tensor("same", {4});
  EXPECT_THAT(reader_error(tensors),
              IsErrorAt("bad.gguf", tensors.info_offset(1), "tensor 'same' is there twice"));
}

TEST(GgufReader, RefusesAnAlignmentThatIsNoPowerOfTwo) {
  for (const std::uint32_t alignment : {0U, 24U, 0x80000000U}) {
    GgufBytes file;
    file.u32("general.alignment", alignment);
    EXPECT_THAT(reader_error(file), IsErrorAt("bad.gguf", 24 + 8 + 17 + 4,
                                              "the alignment is " + std::to_string(alignment)));
  }
  GgufBytes text;
  text.text("general.alignment", "32");
  EXPECT_THAT(reader_error(text), ::testing::HasSubstr("'general.alignment' is '32' (string)"));
}

TEST(GgufReader, KeepsToTheAlignmentOfTheFile) {
  GgufBytes file;
  file.alignment = 256;
  file.u32("general.alignment", 256).f32_tensor("a", {1}).f32_tensor("b", {1});
  const auto bytes = file.build();
  const GgufFile parsed = GgufFile::parse(bytes, "aligned");
  EXPECT_EQ(parsed.data_offset(), 256U);
  EXPECT_EQ(parsed.find_tensor("b")->data_offset, 512U);
}

class BadTensor : public ::testing::Test {
 protected:
  GgufBytes::Tensor& bad() { return file.tensors[1]; }
  GgufBytes file = std::move(GgufBytes{}.f32_tensor("good", {8}).f32_tensor("bad", {8, 2}));
  const std::size_t info = file.info_offset(1);
  const std::size_t dimensions = info + 8 + 3;
};

TEST_F(BadTensor, WithoutDimensionsOrWithTooManyIsRefused) {
  bad().dimensions = {};
  EXPECT_THAT(reader_error(file), IsErrorAt("bad.gguf", dimensions, "'bad' has 0 dimensions"));
  bad().dimensions = {1, 1, 1, 1, 1};
  EXPECT_THAT(reader_error(file), IsErrorAt("bad.gguf", dimensions, "'bad' has 5 dimensions"));
}

TEST_F(BadTensor, WithAZeroNegativeOrHugeDimensionIsRefused) {
  bad().dimensions = {8, 0};
  EXPECT_THAT(reader_error(file),
              IsErrorAt("bad.gguf", dimensions + 4 + 8, "dimension 1 of tensor 'bad' is 0"));
  bad().dimensions = {~0ULL, 1};
  EXPECT_THAT(reader_error(file), IsErrorAt("bad.gguf", dimensions + 4, "is -1"));
  bad().dimensions = {1ULL << 62, 8};
  EXPECT_THAT(reader_error(file), IsErrorAt("bad.gguf", info, "impossible size"));
  bad().dimensions = {1ULL << 40, 1ULL << 40, 1ULL << 40};
  EXPECT_THAT(reader_error(file), IsErrorAt("bad.gguf", info, "impossible size"));
}

TEST_F(BadTensor, OfATypeThatIsNotReadIsNamed) {
  const std::size_t type = dimensions + 4 + 2 * 8;
  bad().type = 13;
  EXPECT_THAT(reader_error(file),
              IsErrorAt("bad.gguf", type, "q5_K, which is not supported by this version"));
  EXPECT_THAT(reader_error(file), ::testing::HasSubstr("tensor 'bad'"));
  EXPECT_THAT(reader_error(file), ::testing::HasSubstr("q8_0, q4_0, q5_0 or Q4_K_M"));
  bad().type = 39;
  EXPECT_THAT(reader_error(file), IsErrorAt("bad.gguf", type, "mxfp4"));
  bad().type = 4;
  EXPECT_THAT(reader_error(file), IsErrorAt("bad.gguf", type, "unknown type 4"));
  bad().type = 0xffffffff;
  EXPECT_THAT(reader_error(file), IsErrorAt("bad.gguf", type, "unknown type 4294967295"));
}

TEST_F(BadTensor, WhoseRowsAreNotWholeBlocksIsRefused) {
  bad().type = 2;
  EXPECT_THAT(reader_error(file), IsErrorAt("bad.gguf", info, "whole blocks of 32"));
}

TEST_F(BadTensor, AtAMisalignedOffsetIsRefused) {
  bad().offset += 4;
  EXPECT_THAT(reader_error(file),
              IsErrorAt("bad.gguf", info, "not a multiple of the alignment 32"));
}

TEST_F(BadTensor, BeyondTheFileIsRefused) {
  bad().offset = 4096;
  EXPECT_THAT(reader_error(file), IsErrorAt("bad.gguf", info, "64 bytes at offset 4096"));
  bad().offset = ~31ULL;
  EXPECT_THAT(reader_error(file), IsErrorAt("bad.gguf", info, "18446744073709551584"));
  bad().offset = 32;
  file.data_size = 95;
  EXPECT_THAT(reader_error(file), IsErrorAt("bad.gguf", info, "of a file of"));
}

TEST_F(BadTensor, InsideAnotherIsRefused) {
  bad().offset = 0;
  EXPECT_THAT(reader_error(file), IsErrorAt("bad.gguf", info, "inside tensor 'good'"));
}

TEST_F(BadTensor, WithoutANameOrWithALongOneIsRefused) {
  bad().name = "";
  EXPECT_THAT(reader_error(file), IsErrorAt("bad.gguf", info, "0 characters"));
  bad().name = std::string(65, 'n');
  EXPECT_THAT(reader_error(file), IsErrorAt("bad.gguf", info, "65 characters"));
  bad().name = std::string(64, 'n');
  EXPECT_NO_THROW(GgufFile::parse(file.build(), "long"));
}

TEST_F(BadTensor, WithAnUnprintableNameIsStillNamedOnOneLine) {
  bad().name = "a\nb";
  bad().type = 99;
  EXPECT_THAT(reader_error(file), ::testing::AllOf(::testing::HasSubstr("'a\\x0ab'"),
                                                   ::testing::Not(::testing::HasSubstr("\n"))));
}

TEST(GgufReader, TakesTensorsInAnyOrderOfPlace) {
  GgufBytes file;
  file.f32_tensor("a", {8}).f32_tensor("b", {8});
  std::swap(file.tensors[0].offset, file.tensors[1].offset);
  const auto bytes = file.build();
  const GgufFile parsed = GgufFile::parse(bytes, "swapped");
  EXPECT_GT(parsed.find_tensor("a")->data_offset, parsed.find_tensor("b")->data_offset);
}

}  // namespace
}  // namespace ridgepoint
