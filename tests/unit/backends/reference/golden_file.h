// Tensors of tests/golden as numbers.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "workloads/formats/mapped_file.h"
#include "workloads/formats/safetensors_reader.h"

namespace ridgepoint {

class GoldenFile {
 public:
  /// `path` below tests/golden.
  explicit GoldenFile(const std::string& path)
      : mapping_(MappedFile::open(folder() / path)),
        file_(SafetensorsFile::parse(mapping_->bytes(), path)) {}

  static std::filesystem::path folder() {
    return std::filesystem::path(RIDGEPOINT_SOURCE_DIR) / "tests/golden";
  }

  [[nodiscard]] Shape shape(const std::string& name) const { return tensor(name).shape; }
  [[nodiscard]] std::vector<float> floats(const std::string& name) const {
    return read<float>(name, "F32");
  }
  [[nodiscard]] std::vector<double> doubles(const std::string& name) const {
    return read<double>(name, "F64");
  }
  [[nodiscard]] std::vector<std::int64_t> integers(const std::string& name) const {
    return read<std::int64_t>(name, "I64");
  }

 private:
  [[nodiscard]] const SafetensorsTensor& tensor(const std::string& name) const {
    const SafetensorsTensor* found = file_.find(name);
    if (found == nullptr) throw std::runtime_error("no golden tensor " + name);
    return *found;
  }
  template <typename T>
  [[nodiscard]] std::vector<T> read(const std::string& name, std::string_view dtype) const {
    const SafetensorsTensor& found = tensor(name);
    if (found.dtype != dtype) throw std::runtime_error("golden tensor of another type: " + name);
    std::vector<T> values(found.bytes.size() / sizeof(T));
    std::memcpy(values.data(), found.bytes.data(), found.bytes.size());
    return values;
  }

  std::shared_ptr<const MappedFile> mapping_;
  SafetensorsFile file_;
};

}  // namespace ridgepoint
