// GGUF: what a file says, checked but not interpreted. Parsing walks the header only; the tensors'
// bytes are never touched. gguf_model.h makes a model of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "workloads/formats/gguf_format.h"
#include "workloads/tensor/tensor.h"

namespace ridgepoint {

/// "u32", "string", ...
std::string_view name_of(GgufValueType type);

/// One key and its value, both still in the file.
struct GgufEntry {
  std::string_view key;
  GgufValueType type = GgufValueType::u8;
  std::uint64_t offset = 0;          ///< of the value, from the start of the file
  std::span<const std::byte> value;  ///< as stored: strings and arrays with their lengths
};

struct GgufTensor {
  std::string_view name;
  TensorView view;                ///< shape in Ridgepoint's order, bytes within the file
  std::uint64_t info_offset = 0;  ///< of its description in the header
  std::uint64_t data_offset = 0;  ///< of its first byte, from the start of the file
};

/// A parsed file. Its names, values and tensors point into the bytes it was parsed from, which must
/// outlive it. Immutable; any thread.
class GgufFile {
 public:
  /// Checks every offset, count and length. Error: "ORIGIN: byte OFFSET: what; remedy".
  static GgufFile parse(std::span<const std::byte> bytes, std::string origin);

  [[nodiscard]] const std::string& origin() const { return origin_; }
  [[nodiscard]] std::uint32_t version() const { return version_; }
  [[nodiscard]] std::uint64_t alignment() const { return alignment_; }
  /// Where the descriptions of the tensors begin, and where their bytes do.
  [[nodiscard]] std::uint64_t tensor_table_offset() const { return tensor_table_offset_; }
  [[nodiscard]] std::uint64_t data_offset() const { return data_offset_; }
  /// In file order.
  [[nodiscard]] std::span<const GgufEntry> metadata() const { return metadata_; }
  [[nodiscard]] std::span<const GgufTensor> tensors() const { return tensors_; }

  /// nullptr when there is none of that name.
  [[nodiscard]] const GgufEntry* find(std::string_view key) const;
  [[nodiscard]] const GgufTensor* find_tensor(std::string_view name) const;

  /// The value of a key, absent when the key is; Error when it has another type. An f32 comes back
  /// as the double nearest to its shortest decimal, since 1e-5 in a config was meant as 1e-5.
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view key) const;
  /// A number, or each of an array: what files give once, or once a layer. Empty: no such key.
  [[nodiscard]] std::vector<std::int64_t> integers(std::string_view key) const;
  [[nodiscard]] std::optional<std::uint64_t> unsigned_integer(std::string_view key) const;
  [[nodiscard]] std::optional<double> real(std::string_view key) const;
  [[nodiscard]] std::optional<bool> boolean(std::string_view key) const;
  [[nodiscard]] std::optional<std::string_view> text(std::string_view key) const;

 private:
  GgufFile() = default;
  [[noreturn]] void fail_type(const GgufEntry& entry, std::string_view wanted) const;

  std::string origin_;
  std::uint32_t version_ = 0;
  std::uint64_t alignment_ = kGgufDefaultAlignment;
  std::uint64_t tensor_table_offset_ = 0;
  std::uint64_t data_offset_ = 0;
  std::vector<GgufEntry> metadata_;
  std::vector<GgufTensor> tensors_;
  std::vector<std::size_t> metadata_by_key_;
  std::vector<std::size_t> tensors_by_name_;
};

/// The value in words, on one line: "22", "'llama'", "[0, 1, 2, ... 32000 i32]".
std::string describe(const GgufEntry& entry);

}  // namespace ridgepoint
