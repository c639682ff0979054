#include "workloads/formats/load_model.h"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "workloads/error.h"
#include "workloads/formats/format_error.h"
#include "workloads/formats/gguf_model.h"
#include "workloads/formats/gguf_reader.h"
#include "workloads/formats/hugging_face_config.h"
#include "workloads/formats/hugging_face_model.h"
#include "workloads/formats/mapped_file.h"
#include "workloads/formats/safetensors_reader.h"

namespace ridgepoint {

namespace {

namespace fs = std::filesystem;

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

std::string_view text_of(const MappedFile& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

/// The directory's own name, also for "dir/" and ".".
std::string name_of_directory(const fs::path& path) {
  std::error_code ignored;
  fs::path whole = fs::absolute(path, ignored).lexically_normal();
  return whole.has_filename() ? whole.filename().string() : whole.parent_path().filename().string();
}

constexpr const char* kIndex = "model.safetensors.index.json";

/// Opens the files of a directory, and holds an index to what it says.
class WeightFiles {
 public:
  explicit WeightFiles(const fs::path& directory) {
    if (is_there(directory / "model.safetensors")) {
      open(directory / "model.safetensors");
    } else if (is_there(directory / kIndex)) {
      open_shards(directory);
    } else {
      refuse_without_weights(directory);
    }
  }

  std::vector<std::shared_ptr<const MappedFile>> mappings;
  std::vector<SafetensorsFile> files;

 private:
  void open(const fs::path& path) {
    mappings.push_back(MappedFile::open(path));
    files.push_back(SafetensorsFile::parse(mappings.back()->bytes(), mappings.back()->path()));
  }

  void open_shards(const fs::path& directory) {
    const auto index = MappedFile::open(directory / kIndex);
    std::map<std::string, std::size_t> shards;
    for (const auto& [tensor, name] : parse_shard_index(text_of(*index), index->path())) {
      const auto [shard, is_new] = shards.emplace(name, files.size());
      if (is_new) {
        if (!is_there(directory / name)) {
          throw Error((directory / name).string() + ": is missing, and " + kIndex +
                      " names it; copy the whole model again");
        }
        open(directory / name);
      }
      if (files[shard->second].find(tensor) == nullptr) {
        throw Error((directory / name).string() + ": has no tensor " + in_quotes(tensor) +
                    ", which " + kIndex + " says it has; copy the whole model again");
      }
    }
  }

  [[noreturn]] static void refuse_without_weights(const fs::path& directory) {
    const bool pytorch = is_there(directory / "pytorch_model.bin") ||
                         is_there(directory / "pytorch_model.bin.index.json");
    throw Error(directory.string() + ": has neither model.safetensors nor " + kIndex + "; " +
                (pytorch ? "convert the PyTorch weights to safetensors"
                         : "download the model's weights as well"));
  }
};

Model load_directory(const fs::path& directory) {
  const fs::path config_path = directory / "config.json";
  if (!is_there(config_path)) {
    throw Error(directory.string() +
                ": has no config.json; name a GGUF file, or a directory with config.json and "
                "safetensors");
  }
  const auto config_file = MappedFile::open(config_path);
  const ModelConfig config = parse_hugging_face_config(text_of(*config_file), config_file->path());
  WeightFiles weights(directory);
  Model model = hugging_face_model(config, weights.files, directory.string());
  model.config.name = name_of_directory(directory);
  for (auto& mapping : weights.mappings) {
    model.files.push_back(mapping->path());
    model.storage.push_back(std::move(mapping));
  }
  return model;
}

bool lies_in(std::span<const std::byte> part, std::span<const std::byte> whole) {
  const std::less_equal<> before;
  return before(whole.data(), part.data()) &&
         before(part.data() + part.size(), whole.data() + whole.size());
}

Model load_file(const fs::path& path) {
  auto mapping = MappedFile::open(path);
  const std::string extension = path.extension().string();
  if (extension == ".safetensors" || path.filename() == "config.json") {
    throw Error(path.string() + ": is one file of a model; name the directory that it is in");
  }
  Model model = gguf_model(GgufFile::parse(mapping->bytes(), mapping->path()));
  if (model.config.name.empty()) {
    model.config.name = path.stem().string();
  }
  for (auto& [name, view] : model.weights) view.mapped = lies_in(view.bytes, mapping->bytes());
  model.files.push_back(mapping->path());
  model.storage.push_back(std::move(mapping));
  return model;
}

}  // namespace

Model load_model(const std::filesystem::path& path) {
  std::error_code ignored;
  Model model = fs::is_directory(path, ignored) ? load_directory(path) : load_file(path);
  model.source = path.string();
  return model;
}

}  // namespace ridgepoint
