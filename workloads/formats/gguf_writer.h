// Composes the header of a GGUF file: metadata and tensor descriptions in memory, while the
// tensors' bytes go straight to the file at the offsets that this class works out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "workloads/formats/gguf_format.h"
#include "workloads/tensor/tensor.h"

namespace ridgepoint {

/// Not for several threads at once.
class GgufWriter {
 public:
  void add_text(std::string_view key, std::string_view value);
  void add_u32(std::string_view key, std::uint32_t value);
  void add_u64(std::string_view key, std::uint64_t value);
  void add_f32(std::string_view key, float value);
  void add_boolean(std::string_view key, bool value);

  void add_texts(std::string_view key, std::span<const std::string> values);
  void add_i32s(std::string_view key, std::span<const std::int32_t> values);
  void add_f32s(std::string_view key, std::span<const float> values);

  /// A value as it is stored in another file: strings and arrays with their lengths.
  void add_stored(std::string_view key, GgufValueType type, std::span<const std::byte> value);

  /// Places a tensor after those before it. std::logic_error when the name is too long.
  void add_tensor(std::string_view name, Type type, const Shape& shape);

  /// Everything before the first tensor's bytes, padded to where they begin.
  [[nodiscard]] std::vector<std::byte> header() const;
  /// From the start of the file; valid once everything has been added.
  [[nodiscard]] std::uint64_t tensor_offset(std::size_t index) const;
  /// Of the whole file: header, tensors and padding.
  [[nodiscard]] std::uint64_t file_size() const;

 private:
  struct Placed {
    std::string name;
    Type type;
    Shape shape;
    std::uint64_t relative_offset;
  };
  void add_key(std::string_view key, GgufValueType type);
  void add_array(std::string_view key, GgufValueType of, std::size_t count);

  std::vector<std::byte> metadata_;
  std::uint64_t metadata_count_ = 0;
  std::vector<Placed> tensors_;
  std::uint64_t tensor_info_bytes_ = 0;
  std::uint64_t data_bytes_ = 0;
};

}  // namespace ridgepoint
