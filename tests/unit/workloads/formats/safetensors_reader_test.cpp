#include "workloads/formats/safetensors_reader.h"

#include <gmock/gmock.h>

#include "tests/support/error_of.h"
#include "tests/unit/workloads/formats/is_error_at.h"
#include "tests/unit/workloads/formats/safetensors_bytes.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;

std::string safetensors_error(std::span<const std::byte> bytes) {
  return error_of([&] { return SafetensorsFile::parse(bytes, "bad.safetensors"); });
}
std::string safetensors_error(std::string_view header, std::size_t data_size) {
  return safetensors_error(safetensors_file(header, data_size));
}
/// Where `text` stands in a file with this header.
std::size_t place(std::string_view header, std::string_view text) {
  return 8 + header.find(text);
}

TEST(SafetensorsReader, ReadsTensorsOfEveryType) {
  SafetensorsBytes file;
  const std::vector<std::pair<std::string, std::size_t>> types{
      {"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E5M2", 1}, {"F8_E4M3", 1}, {"F8_E8M0", 1},
      {"I16", 2},  {"U16", 2}, {"F16", 2}, {"BF16", 2},    {"I32", 4},     {"U32", 4},
      {"F32", 4},  {"I64", 8}, {"U64", 8}, {"F64", 8},     {"C64", 8}};
  for (const auto& [name, size] : types) {
    file.tensor("of " + name, name, {3, 2}, size);
  }
  const auto bytes = file.build();
  const SafetensorsFile parsed = SafetensorsFile::parse(bytes, "good.safetensors");
  ASSERT_EQ(parsed.tensors().size(), types.size());
  for (const auto& [name, size] : types) {
    const SafetensorsTensor* tensor = parsed.find("of " + name);
    ASSERT_NE(tensor, nullptr) << name;
    EXPECT_EQ(tensor->dtype, name);
    EXPECT_EQ(tensor->shape, (Shape{3, 2}));
    EXPECT_EQ(tensor->bytes.size(), 6 * size);
    EXPECT_EQ(tensor->bytes.data(), bytes.data() + tensor->offset);
  }
  EXPECT_EQ(parsed.find("of nothing"), nullptr);
  EXPECT_EQ(parsed.origin(), "good.safetensors");
}

TEST(SafetensorsReader, ReadsMetadataScalarsEmptyTensorsAndPadding) {
  const std::string header = R"({"__metadata__":{"format":"pt","odd":"\u00e9"},)"
                             R"("scalar":{"dtype":"F32","shape":[],"data_offsets":[0,4]},)"
                             R"("empty":{"data_offsets":[4,4],"shape":[0,7],"dtype":"F32"}}      )";
  const auto bytes = safetensors_file(header, 4);
  const SafetensorsFile parsed = SafetensorsFile::parse(bytes, "good");
  EXPECT_EQ(parsed.metadata().at("format"), "pt");
  EXPECT_EQ(parsed.find("scalar")->shape, Shape{});
  EXPECT_EQ(parsed.find("empty")->bytes.size(), 0U);
  EXPECT_EQ(parsed.name_offset("scalar"), place(header, "\"scalar\""));
}

TEST(SafetensorsReader, ReadsAFileWithoutTensors) {
  const auto bytes = safetensors_file("{}", 0);
  EXPECT_TRUE(SafetensorsFile::parse(bytes, "none").tensors().empty());
}

TEST(SafetensorsReader, RefusesAHeaderThatDoesNotFit) {
  EXPECT_THAT(safetensors_error(std::span<const std::byte>{}),
              IsErrorAt("bad.safetensors", 0, "0 bytes"));
  std::vector<std::byte> bytes(16, std::byte{0xff});
  EXPECT_THAT(safetensors_error(bytes),
              IsErrorAt("bad.safetensors", 0, "18446744073709551615 bytes"));
  auto shorter = safetensors_file("{}", 0);
  shorter.pop_back();
  EXPECT_THAT(safetensors_error(shorter), IsErrorAt("bad.safetensors", 0, "in a file of 9"));
}

TEST(SafetensorsReader, RefusesEveryTruncation) {
  const auto bytes =
      SafetensorsBytes{}.tensor("a", "F32", {4}, 4).tensor("b", "F16", {2}, 2).build();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THAT(safetensors_error(std::span(bytes).first(size)),
                ::testing::StartsWith("bad.safetensors: byte "));
  }
}

TEST(SafetensorsReader, SaysWhereTheJsonBreaks) {
  EXPECT_THAT(safetensors_error("", 0), IsErrorAt("bad.safetensors", 8, "not valid JSON"));
  EXPECT_THAT(safetensors_error(R"({"a":x})", 0),
              IsErrorAt("bad.safetensors", 8 + 5, "not valid JSON"));
  EXPECT_THAT(safetensors_error("{}{}", 0), IsErrorAt("bad.safetensors", 8 + 2, "not valid JSON"));
  EXPECT_THAT(safetensors_error("{\"\xff\":1}", 0),
              IsErrorAt("bad.safetensors", 8 + 2, "not valid JSON"));
}

TEST(SafetensorsReader, RefusesJsonThatIsNoHeader) {
  const auto refused = [](std::string_view header, const std::string& what) {
    EXPECT_THAT(safetensors_error(header, 4), HasSubstr(what)) << header;
    EXPECT_THAT(safetensors_error(header, 4), ::testing::StartsWith("bad.safetensors: byte "))
        << header;
  };
  refused("[]", "an array");
  refused("3", "the number 3");
  refused("\"x\"", "the string 'x'");
  refused("null", "null");
  refused("true", "true or false");
  refused("-1", "the negative number -1");
  refused("1.5", "the number '1.5'");
  refused(R"({"a":[]})", "an array in or near 'a'");
  refused(R"({"a":{"b":{}}})", "the key 'b' in or near 'a'");
  refused(R"({"a":{"dtype":{}}})", "an object in or near 'a'");
  refused(R"({"a":{"dtype":5}})", "the number 5 in or near 'a'");
  refused(R"({"a":{"shape":"x"}})", "the string 'x' in or near 'a'");
  refused(R"({"a":{"shape":[[1]]}})", "an array in or near 'a'");
  refused(R"({"a":{"shape":[-1]}})", "the negative number -1 in or near 'a'");
  refused(R"({"a":{"shape":[1.0]}})", "the number '1.0' in or near 'a'");
  refused(R"({"a":{"shape":[9223372036854775808]}})", "the dimension 9223372036854775808");
  refused(R"({"a":{"shape":[99999999999999999999]}})", "the number '99999999999999999999'");
  refused(R"({"a":{"shape":[1],"shape":[1]}})", "an array in or near 'a'");
  refused(R"({"a":{"shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]}})", "more than 16 dimensions");
  refused(R"({"a":{"data_offsets":[0,1,2]}})", "a third offset");
  refused(R"({"__metadata__":{"a":1}})", "the number 1 in or near 'a'");
  refused(R"({"__metadata__":[]})", "an array in or near '__metadata__'");
}

TEST(SafetensorsReader, RefusesDeepNestingAtOnce) {
  EXPECT_THAT(safetensors_error(std::string(1'000'000, '['), 0), HasSubstr("an array"));
  std::string objects;
  for (int i = 0; i < 100'000; ++i) {
    objects += "{\"a\":";
  }
  EXPECT_THAT(safetensors_error(objects, 0), ::testing::StartsWith("bad.safetensors: byte "));
}

TEST(SafetensorsReader, NamesTheTensorThatIsWrong) {
  const auto refused = [](std::string_view tensor, const std::string& what, std::size_t data = 4) {
    const std::string header = R"({"good":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"bad":)" +
                               std::string(tensor) + "}";
    EXPECT_THAT(safetensors_error(header, data),
                IsErrorAt("bad.safetensors", place(header, "\"bad\""), "tensor 'bad' " + what));
  };
  refused("{}", "has no dtype, shape");
  refused(R"({"dtype":"F32","shape":[1]})", "has no dtype, shape");
  refused(R"({"dtype":"F32","shape":[1],"data_offsets":[0]})", "has no dtype, shape");
  refused(R"({"dtype":"F31","shape":[1],"data_offsets":[0,4]})", "has the unknown dtype 'F31'");
  refused(R"({"dtype":"F32","shape":[1],"data_offsets":[4,0]})", "is said to be at 4 to 0 of 4");
  refused(R"({"dtype":"F32","shape":[2],"data_offsets":[0,8]})", "is said to be at 0 to 8 of 4");
  refused(
      R"({"dtype":"U8","shape":[1],"data_offsets":[18446744073709551615,18446744073709551615]})",
      "is said to be at 18446744073709551615");
  refused(R"({"dtype":"F32","shape":[2],"data_offsets":[0,4]})",
          "has 4 bytes at its offsets, and F32 [2] takes 8");
  refused(R"({"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,4]})",
          "has an impossible size");
  refused(R"({"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]})",
          "has an impossible size");
}

TEST(SafetensorsReader, RefusesTensorsThatAreThereTwice) {
  const std::string header = R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
                             R"("a":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}})";
  EXPECT_THAT(safetensors_error(header, 4),
              IsErrorAt("bad.safetensors", place(header, "\"a\""), "tensor 'a' is there twice"));
}

TEST(SafetensorsReader, RefusesOverlapsGapsAndTrailingBytes) {
  const std::string overlap = R"({"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},)"
                              R"("b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}})";
  EXPECT_THAT(safetensors_error(overlap, 4),
              IsErrorAt("bad.safetensors", place(overlap, "\"b\""), "tensors overlap"));
  const std::string gap = R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                          R"("b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}})";
  EXPECT_THAT(safetensors_error(gap, 4),
              IsErrorAt("bad.safetensors", place(gap, "\"b\""), "leave a gap"));
  const std::string one = R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})";
  EXPECT_THAT(safetensors_error(one, 4),
              IsErrorAt("bad.safetensors", 8 + one.size() + 1, "3 bytes follow the last tensor"));
}

TEST(SafetensorsReader, PrintsStrangeNamesOnOneLine) {
  const std::string header = R"({"a\nb":{}})";
  EXPECT_THAT(safetensors_error(header, 0),
              ::testing::AllOf(HasSubstr("tensor 'a\\x0ab' has no dtype"),
                               ::testing::Not(HasSubstr("\n"))));
}

}  // namespace
}  // namespace ridgepoint
