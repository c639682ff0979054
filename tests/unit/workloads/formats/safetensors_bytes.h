// Composes safetensors files for tests, good and bad.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace ridgepoint {

/// A file with this header and `data_size` bytes after it, whose values count up from zero.
inline std::vector<std::byte> safetensors_file(std::string_view header, std::size_t data_size) {
  std::vector<std::byte> file(8 + header.size() + data_size);
  const auto length = static_cast<std::uint64_t>(header.size());
  std::memcpy(file.data(), &length, sizeof length);
  std::memcpy(file.data() + 8, header.data(), header.size());
  for (std::size_t i = 0; i < data_size; ++i) {
    file[8 + header.size() + i] = static_cast<std::byte>(i);
  }
  return file;
}

/// Builds the header as well: tensors one after another.
class SafetensorsBytes {
 public:
  SafetensorsBytes& tensor(std::string_view name, std::string_view dtype,
                           const std::vector<std::int64_t>& shape, std::size_t element_bytes) {
    std::size_t size = element_bytes;
    std::ostringstream text;
    text << (header_.empty() ? "" : ",") << '"' << name << R"(":{"dtype":")" << dtype
         << R"(","shape":[)";
    for (std::size_t i = 0; i < shape.size(); ++i) {
      text << (i == 0 ? "" : ",") << shape[i];
      size *= static_cast<std::size_t>(shape[i]);
    }
    text << R"(],"data_offsets":[)" << size_ << ',' << size_ + size << "]}";
    header_ += text.str();
    size_ += size;
    return *this;
  }
  [[nodiscard]] std::string header() const { return "{" + header_ + "}"; }
  [[nodiscard]] std::vector<std::byte> build() const { return safetensors_file(header(), size_); }

 private:
  std::string header_;
  std::size_t size_ = 0;
};

}  // namespace ridgepoint
