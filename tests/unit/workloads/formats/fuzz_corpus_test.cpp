// The seeds of the fuzz targets, in an ordinary build: what is whole is read, what is bad is
// refused in words, and neither cutting a file short nor changing a byte does worse than that.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>

#include "workloads/error.h"
#include "workloads/formats/gguf_model.h"
#include "workloads/formats/gguf_reader.h"
#include "workloads/formats/hugging_face_config.h"
#include "workloads/formats/hugging_face_model.h"
#include "workloads/formats/safetensors_reader.h"
#include "workloads/tokenizer/gguf_vocabulary.h"
#include "workloads/tokenizer/hugging_face_vocabulary.h"

namespace ridgepoint {
namespace {

using Reader = std::function<void(std::span<const std::byte>)>;

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void read_gguf(std::span<const std::byte> bytes) {
  const GgufFile file = GgufFile::parse(bytes, "seed");
  for (const GgufEntry& entry : file.metadata()) {
    EXPECT_FALSE(describe(entry).empty());
  }
  if (file.find("general.architecture") != nullptr) {
    EXPECT_EQ(fingerprint(gguf_model(file)).size(), 32U);
  }
}

void read_safetensors(std::span<const std::byte> bytes) {
  const SafetensorsFile file = SafetensorsFile::parse(bytes, "seed");
  static const ModelConfig kGpt2 = parse_hugging_face_config(
      R"({"model_type":"gpt2","n_embd":2,"n_head":1,"n_layer":1,"n_positions":2,"n_inner":3,
          "vocab_size":3})",
      "gpt2");
  const SafetensorsTensor* table = file.find("wte.weight");
  if (table != nullptr && table->dtype == "F32") {
    EXPECT_EQ(hugging_face_model(kGpt2, std::span(&file, 1), "seed").weights.size(), 20U);
  }
}

void read_config(std::span<const std::byte> bytes) {
  if (text_of(bytes).find("weight_map") != std::string_view::npos) {
    EXPECT_FALSE(parse_shard_index(text_of(bytes), "seed").empty());
  } else {
    EXPECT_GT(kv_bytes_per_token(parse_hugging_face_config(text_of(bytes), "seed"), Type::f16), 0);
  }
}

void read_vocabulary(std::span<const std::byte> bytes) {
  const auto tokenizer = make_tokenizer(gguf_vocabulary(GgufFile::parse(bytes, "seed")));
  EXPECT_GT(tokenizer->vocabulary(), 0);
  EXPECT_NO_THROW(static_cast<void>(tokenizer->decode(std::vector<std::int32_t>{0})));
}

void read_tokenizer_json(std::span<const std::byte> bytes) {
  const auto tokenizer = make_tokenizer(parse_hugging_face_vocabulary(text_of(bytes), "seed"));
  EXPECT_GT(tokenizer->vocabulary(), 0);
  EXPECT_NO_THROW(static_cast<void>(tokenizer->decode(std::vector<std::int32_t>{0})));
}

/// The Error's line, or nothing where `read` took the bytes. Any other exception fails the test.
std::string refusal(const Reader& read, std::span<const std::byte> bytes) {
  try {
    read(bytes);
  } catch (const Error& error) {
    EXPECT_THAT(error.what(),
                ::testing::AllOf(::testing::StartsWith("seed: "), ::testing::HasSubstr("; "),
                                 ::testing::Not(::testing::HasSubstr("\n"))));
    return error.what();
  }
  return {};
}

class FuzzCorpus : public ::testing::TestWithParam<std::string> {
 protected:
  FuzzCorpus() {
    const auto folder =
        std::filesystem::path(RIDGEPOINT_SOURCE_DIR) / "tests" / "fuzz" / "corpus" / GetParam();
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string content{std::istreambuf_iterator<char>(file), {}};
      const auto bytes = std::as_bytes(std::span(content));
      seeds[entry.path().filename().string()] = {bytes.begin(), bytes.end()};
    }
    read = GetParam() == "fuzz_gguf"             ? read_gguf
           : GetParam() == "fuzz_safetensors"    ? read_safetensors
           : GetParam() == "fuzz_vocabulary"     ? read_vocabulary
           : GetParam() == "fuzz_tokenizer_json" ? read_tokenizer_json
                                                 : read_config;
  }
  std::map<std::string, std::vector<std::byte>> seeds;
  Reader read;
};

TEST_P(FuzzCorpus, IsReadOrRefusedAsItsNamesSay) {
  EXPECT_GT(seeds.size(), 20U);
  for (const auto& [name, bytes] : seeds) {
    const std::string line = refusal(read, bytes);
    EXPECT_EQ(name.starts_with("bad-"), !line.empty()) << name << ": " << line;
  }
}

TEST_P(FuzzCorpus, CutShortAnywhereGivesAnErrorOrAModel) {
  for (const auto& [name, bytes] : seeds) {
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      // An exact copy, so that a sanitizer sees a read of the byte after it.
      const std::vector<std::byte> part(bytes.begin(),
                                        bytes.begin() + static_cast<std::ptrdiff_t>(size));
      refusal(read, part);
    }
  }
}

TEST_P(FuzzCorpus, WithOneByteChangedGivesAnErrorOrAModel) {
  for (const auto& [name, bytes] : seeds) {
    std::vector<std::byte> changed = bytes;
    for (std::size_t i = 0; i < std::min<std::size_t>(changed.size(), 1500); ++i) {
      for (const std::byte value : {std::byte{0x00}, std::byte{0x7f}, std::byte{0xff}}) {
        changed[i] = value;
        refusal(read, changed);
      }
      changed[i] = bytes[i];
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Of, FuzzCorpus,
                         ::testing::Values("fuzz_gguf", "fuzz_safetensors", "fuzz_config_json",
                                           "fuzz_vocabulary", "fuzz_tokenizer_json"),
                         [](const auto& param) { return param.param; });

}  // namespace
}  // namespace ridgepoint
