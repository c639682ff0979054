#include "harness/run/data_folder.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>

#include "harness/environment/build_info.h"
#include "workloads/error.h"
#include "workloads/formats/load_model.h"
#include "workloads/models/shapes.h"
#include "workloads/nearest_name.h"

namespace ridgepoint {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kLongestSuiteBytes = 16u << 20;

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

std::vector<fs::path> candidates() {
  if (const char* given = std::getenv("RIDGEPOINT_DATA"); given != nullptr && *given != '\0') {
    return {given};  // somebody who says where does not want another place
  }
  std::vector<fs::path> folders;
  std::error_code failed;
  if (const auto executable = fs::read_symlink("/proc/self/exe", failed); !failed) {
    folders.push_back(executable.parent_path().parent_path() / "share" / "ridgepoint");
  }
  folders.push_back(fs::path(build_info().source_folder) / "workloads");
  return folders;
}

std::optional<fs::path> find_data_folder() {
  for (const auto& folder : candidates()) {
    if (is_folder(folder / "suites")) return folder;
  }
  return std::nullopt;
}

/// Entries of a part of the data folder, sorted by name.
std::vector<fs::path> entries(std::string_view part) {
  std::vector<fs::path> found;
  const auto folder = find_data_folder();
  std::error_code failed;
  if (folder) {
    for (fs::directory_iterator entry(*folder / part, failed), end; !failed && entry != end;
         entry.increment(failed)) {
      found.push_back(entry->path());
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string suggestion(std::string_view name, const std::vector<std::string>& known) {
  return did_you_mean(name, std::vector<std::string_view>(known.begin(), known.end()));
}

bool looks_like_path(std::string_view name, std::string_view extension) {
  return name.find('/') != std::string_view::npos || name.ends_with(extension);
}

std::string read_text(const fs::path& path) {
  std::error_code failed;
  const auto bytes = fs::file_size(path, failed);
  if (failed) throw Error(fmt::format("{}: {}", path.string(), failed.message()));
  if (bytes > kLongestSuiteBytes) {
    throw Error(fmt::format("{}: {} bytes are too many for a suite", path.string(), bytes));
  }
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) throw Error(fmt::format("{}: cannot be read; check its permissions", path.string()));
  return text;
}

/// A path or a bundled model; Error when it can only be a path and is none.
std::optional<Model> find_model(std::string_view reference) {
  const fs::path path(reference);
  if (is_there(path)) return load_model(path);
  if (looks_like_path(reference, ".gguf") || reference.ends_with(".safetensors")) {
    throw Error(fmt::format(
        "{}: no such file or directory; give a GGUF file, a Hugging Face directory, or a name from "
        "'ridgepoint list shapes'",
        reference));
  }
  const auto bundled = bundled_models();
  if (std::find(bundled.begin(), bundled.end(), reference) == bundled.end()) return std::nullopt;
  return load_model(data_folder() / "weights" / path);
}

ModelType synthetic_type(std::string_view type) {
  return type.empty() ? ModelType(Type::f16) : ModelType::parse(type);
}

Error no_such_model(std::string_view reference) {
  const auto bundled = bundled_models();
  std::vector<std::string> shape_names;
  for (const auto& shape : shapes()) shape_names.push_back(shape.name);
  auto known = bundled;
  known.insert(known.end(), shape_names.begin(), shape_names.end());
  return Error(fmt::format(
      "no model '{}'{}: neither a file nor a directory, a bundled model ({}) or a shape ({})",
      reference, suggestion(reference, known), fmt::join(bundled, ", "),
      fmt::join(shape_names, ", ")));
}

}  // namespace

fs::path data_folder() {
  if (const auto folder = find_data_folder()) return *folder;
  std::vector<std::string> tried;
  for (const auto& folder : candidates()) tried.push_back((folder / "suites").string());
  throw Error(fmt::format("no suites in {}; set RIDGEPOINT_DATA to the folder that holds suites/",
                          fmt::join(tried, " or ")));
}

std::vector<std::string> bundled_suites() {
  std::vector<std::string> names;
  for (const auto& path : entries("suites")) {
    if (path.extension() == ".toml") names.push_back(path.stem().string());
  }
  return names;
}

std::vector<std::string> bundled_models() {
  std::vector<std::string> names;
  for (const auto& path : entries("weights")) {
    if (is_there(path / "config.json")) names.push_back(path.filename().string());
  }
  return names;
}

Suite load_suite(std::string_view name_or_path) {
  const auto known = bundled_suites();
  if (std::find(known.begin(), known.end(), name_or_path) != known.end()) {
    const auto path = data_folder() / "suites" / (std::string(name_or_path) + ".toml");
    return parse_suite(read_text(path), name_or_path, path.string());
  }
  const fs::path path(name_or_path);
  if (looks_like_path(name_or_path, ".toml") || is_there(path)) {
    if (is_folder(path)) throw Error(fmt::format("{}: a folder, not a suite", path.string()));
    return parse_suite(read_text(path), path.stem().string(), path.string());
  }
  if (known.empty()) static_cast<void>(data_folder());  // says why there is none
  throw Error(fmt::format("no suite '{}'{}; there are: {}; or give the path of a .toml file",
                          name_or_path, suggestion(name_or_path, known), fmt::join(known, ", ")));
}

Model open_model(std::string_view reference, std::string_view type, std::uint64_t seed,
                 int threads) {
  if (auto model = find_model(reference)) return std::move(*model);
  if (find_shape(reference) != nullptr) {
    return synthesise_model(reference, synthetic_type(type), seed, threads);
  }
  throw no_such_model(reference);
}

void check_model(std::string_view reference) {
  if (!find_model(reference) && find_shape(reference) == nullptr) throw no_such_model(reference);
}

Model open_model_file(std::string_view reference) {
  if (auto model = find_model(reference)) return std::move(*model);
  const auto bundled = bundled_models();
  throw Error(
      fmt::format("no model '{}'{}: neither a file nor a directory nor a bundled model ({})",
                  reference, suggestion(reference, bundled), fmt::join(bundled, ", ")));
}

}  // namespace ridgepoint
