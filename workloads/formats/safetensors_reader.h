// safetensors: a JSON header of names, types, shapes and places, then the bytes. Any type that the
// format knows can be looked at here; which of them can be a weight is not this file's concern.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "workloads/tensor/tensor.h"

namespace ridgepoint {

struct SafetensorsTensor {
  std::string name;
  std::string_view dtype;  ///< as the format spells it: "F32", "BF16", "I64", ...
  Shape shape;
  std::span<const std::byte> bytes;  ///< of any alignment
  std::uint64_t offset = 0;          ///< of its first byte, from the start of the file
};

/// A parsed file. The tensors' bytes point into what it was parsed from, which must outlive it.
/// Immutable; any thread.
class SafetensorsFile {
 public:
  /// Checks what the format demands: a header within bounds, known types, sizes that fit the
  /// shapes, bytes that follow each other without gap or overlap to the end of the file. Touches no
  /// tensor bytes. Error: "ORIGIN: byte OFFSET: what; remedy".
  static SafetensorsFile parse(std::span<const std::byte> bytes, std::string origin);

  [[nodiscard]] const std::string& origin() const { return origin_; }
  /// Sorted by name.
  [[nodiscard]] std::span<const SafetensorsTensor> tensors() const { return tensors_; }
  /// nullptr when there is none of that name.
  [[nodiscard]] const SafetensorsTensor* find(std::string_view name) const;
  [[nodiscard]] const std::map<std::string, std::string, std::less<>>& metadata() const {
    return metadata_;
  }
  /// Where the header names a tensor, from the start of the file: for errors about it.
  [[nodiscard]] std::uint64_t name_offset(std::string_view tensor) const;

 private:
  SafetensorsFile() = default;

  std::string origin_;
  std::string_view header_;
  std::vector<SafetensorsTensor> tensors_;
  std::map<std::string, std::string, std::less<>> metadata_;
};

}  // namespace ridgepoint
