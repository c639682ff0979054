#include "workloads/formats/load_model.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/error_of.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/workloads/formats/gguf_bytes.h"
#include "tests/unit/workloads/formats/golden.h"
#include "tests/unit/workloads/formats/is_error_at.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string load_error(const std::filesystem::path& path) {
  return error_of([&] { return load_model(path); });
}

class LoadModel : public ::testing::Test {
 protected:
  /// A directory with the golden llama3 model in it, to be damaged.
  std::filesystem::path sharded() {
    const auto directory = folder.path() / "sharded";
    std::filesystem::create_directory(directory);
    for (const auto& entry : std::filesystem::directory_iterator(golden_path("models/llama3"))) {
      if (entry.path().filename().string().starts_with("model-") ||
          entry.path().filename() == "config.json" ||
          entry.path().filename() == "model.safetensors.index.json") {
        std::filesystem::copy_file(entry.path(), directory / entry.path().filename());
      }
    }
    return directory;
  }
  TemporaryFolder folder;
};

TEST_F(LoadModel, SaysThatThereIsNoSuchFile) {
  const auto path = folder.path() / "none.gguf";
  EXPECT_EQ(load_error(path),
            path.string() + ": cannot be opened: No such file or directory; check the path");
}

TEST_F(LoadModel, RefusesAnEmptyFile) {
  const auto path = folder.write("empty.gguf", std::string_view{});
  EXPECT_THAT(load_error(path), IsErrorAt(path.string(), 0, "0 bytes"));
}

TEST_F(LoadModel, NamesThePathAndByteOfABadFile) {
  auto bytes = small_llama().build();
  bytes.pop_back();
  const auto path = folder.write("short.gguf", bytes);
  EXPECT_THAT(load_error(path),
              IsErrorAt(path.string(), small_llama().info_offset(11), "output.weight"));
}

TEST_F(LoadModel, DoesNotWaitForANamedPipe) {
  const auto path = folder.path() / "pipe.gguf";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_THAT(load_error(path), HasSubstr("is not a regular file"));
}

TEST_F(LoadModel, TakesItsNameFromTheFileWhenItHasNone) {
  GgufBytes file;
  for (const char* key : {"block_count", "context_length", "feed_forward_length"}) {
    file.u32(std::string("llama.") + key, key[0] == 'f' ? 6 : 1);
  }
  file.text("general.architecture", "llama").u32("llama.embedding_length", 4);
  file.u32("llama.attention.head_count", 2).u32("llama.attention.head_count_kv", 1);
  file.f32("llama.attention.layer_norm_rms_epsilon", 1e-5F);
  file.tensors = small_llama().tensors;
  file.data_size = small_llama().data_size;
  EXPECT_EQ(load_model(folder.write("nameless.gguf", file.build())).config.name, "nameless");
}

TEST_F(LoadModel, SendsToTheDirectoryOfASafetensorsFile) {
  EXPECT_THAT(load_error(folder.write("model.safetensors", std::string_view("x"))),
              HasSubstr("name the directory that it is in"));
  EXPECT_THAT(load_error(folder.write("config.json", std::string_view("{}"))),
              HasSubstr("name the directory that it is in"));
}

TEST_F(LoadModel, SaysWhatADirectoryLacks) {
  EXPECT_EQ(load_error(folder.path()), folder.path().string() +
                                           ": has no config.json; name a GGUF file, or a directory "
                                           "with config.json and safetensors");
  std::filesystem::copy_file(golden_path("models/llama/config.json"),
                             folder.path() / "config.json");
  EXPECT_THAT(load_error(folder.path()), HasSubstr("; download the model's weights as well"));
  folder.write("pytorch_model.bin", std::string_view("x"));
  EXPECT_THAT(load_error(folder.path()), HasSubstr("; convert the PyTorch weights to safetensors"));
}

TEST_F(LoadModel, ReadsADirectoryWhateverItsPathLooksLike) {
  const auto directory = sharded();
  EXPECT_EQ(load_model(directory).config.name, "sharded");
  EXPECT_EQ(load_model(directory / "").config.name, "sharded");
  EXPECT_EQ(load_model(directory / ".").config.name, "sharded");
}

TEST_F(LoadModel, NamesTheShardThatIsMissingOrBad) {
  const auto directory = sharded();
  const auto shard = directory / "model-00002-of-00003.safetensors";
  std::filesystem::resize_file(shard, std::filesystem::file_size(shard) - 1);
  EXPECT_THAT(load_error(directory), StartsWith(shard.string() + ": byte "));
  std::filesystem::remove(shard);
  EXPECT_THAT(load_error(directory),
              StartsWith(shard.string() + ": is missing, and model.safetensors.index.json"));
}

TEST_F(LoadModel, NamesTheIndexThatIsBad) {
  const auto directory = sharded();
  const auto index = directory / "model.safetensors.index.json";
  std::filesystem::resize_file(index, 100);
  EXPECT_THAT(load_error(directory), StartsWith(index.string() + ": byte "));
}

TEST_F(LoadModel, HoldsTheIndexToWhatItSays) {
  const auto directory = sharded();
  const auto index = directory / "model.safetensors.index.json";
  auto json = nlohmann::json::parse(std::ifstream(index));
  json["weight_map"]["lm_head.nothing"] = "model-00002-of-00003.safetensors";
  std::ofstream(index) << json;
  EXPECT_THAT(load_error(directory), HasSubstr("has no tensor 'lm_head.nothing', which"));
}

TEST_F(LoadModel, RefusesLayersBeyondThoseOfTheConfig) {
  const auto directory = sharded();
  auto json = nlohmann::json::parse(std::ifstream(directory / "config.json"));
  json["num_hidden_layers"] = json["num_hidden_layers"].get<int>() - 1;
  std::ofstream(directory / "config.json") << json;
  EXPECT_THAT(load_error(directory), HasSubstr("belongs to a layer beyond the"));
}

TEST_F(LoadModel, NamesTheConfigThatIsBad) {
  const auto directory = sharded();
  std::filesystem::resize_file(directory / "config.json", 0);
  EXPECT_THAT(load_error(directory),
              StartsWith((directory / "config.json").string() + ": byte 0: "));
}

TEST_F(LoadModel, RefusesADirectoryInPlaceOfAFile) {
  const auto directory = sharded();
  std::filesystem::remove(directory / "config.json");
  std::filesystem::create_directory(directory / "config.json");
  EXPECT_THAT(load_error(directory), HasSubstr("is a directory where a file is needed"));
}

TEST_F(LoadModel, TouchesNoTensorBytes) {
  // A sparse file: a quarter of a terabyte that nobody could read in time.
  GgufBytes file = small_llama();
  constexpr std::uint64_t kVocabulary = std::uint64_t{1} << 31;
  const std::uint64_t table = 4 * 4 * kVocabulary;
  const std::uint64_t rest = file.data_size;
  file.tensors[0].dimensions[1] = kVocabulary;
  file.tensors[0].offset = rest;
  file.tensors.back().dimensions[1] = kVocabulary;
  file.tensors.back().offset = rest + table;
  auto bytes = file.build();
  const auto path = folder.write("sparse.gguf", bytes);
  std::error_code error;
  std::filesystem::resize_file(path, bytes.size() + 2 * table, error);
  if (error) {
    GTEST_SKIP() << "no sparse files here: " << error.message();
  }
  const Model model = load_model(path);
  EXPECT_EQ(model.config.vocab, static_cast<std::int64_t>(kVocabulary));
  EXPECT_GT(model.weight_bytes(), static_cast<std::int64_t>(2 * table));
  EXPECT_EQ(fingerprint(model).size(), 32U) << "samples, not everything";
}

}  // namespace
}  // namespace ridgepoint
