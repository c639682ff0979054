// Files under tests/golden, opened for a test.
#pragma once

#include <cstring>
#include <filesystem>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "workloads/formats/mapped_file.h"
#include "workloads/formats/safetensors_reader.h"

namespace ridgepoint {

inline std::filesystem::path golden_path(const std::string& name) {
  return std::filesystem::path(RIDGEPOINT_SOURCE_DIR) / "tests" / "golden" / name;
}

/// A safetensors file of expected values, and typed copies of its tensors.
class GoldenTensors {
 public:
  explicit GoldenTensors(const std::string& name)
      : mapping_(MappedFile::open(golden_path(name))),
        file_(SafetensorsFile::parse(mapping_->bytes(), mapping_->path())) {}

  [[nodiscard]] const SafetensorsTensor& at(const std::string& name) const {
    const SafetensorsTensor* tensor = file_.find(name);
    if (tensor == nullptr) {
      throw std::out_of_range("no golden tensor " + name);
    }
    return *tensor;
  }
  template <typename T>
  [[nodiscard]] std::vector<T> values(const std::string& name) const {
    const auto bytes = at(name).bytes;
    std::vector<T> copy(bytes.size() / sizeof(T));
    std::memcpy(copy.data(), bytes.data(), copy.size() * sizeof(T));
    return copy;
  }

 private:
  std::shared_ptr<const MappedFile> mapping_;
  SafetensorsFile file_;
};

}  // namespace ridgepoint
