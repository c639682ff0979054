// Element types and their block layouts, declared once; every parser, writer and kernel derives
// sizes from this table.
//
// Most quantised layouts are GGUF's (ggml-common.h block_q8_0, block_q4_0, block_q5_0, block_q4_K,
// block_q6_K): q5_0.h and k_quants.h describe the last three. Those after q6_k are Ridgepoint's
// own, for what GGUF has no type for: integer_quants.h (q8_..., w4_...) and fp8.h. e4m3 is fp8's
// number without a scale, which holds no weights (kv_type.h).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace ridgepoint {

enum class Type : std::uint8_t {
  f32,
  f16,
  bf16,
  q8_0,
  q4_0,
  q5_0,
  q4_k,
  q6_k,
  q8_channel,
  q8_g64,
  q8_g128,
  w4_channel,
  w4_g32,
  w4_g64,
  w4_g128,
  fp8,
  e4m3,
  i32,
};

/// gguf_id of a type that GGUF does not have.
inline constexpr std::uint32_t kNoGgufId = 0xffffffffU;

struct TypeInfo {
  Type type;
  std::string_view name;
  std::int64_t block_elements;   ///< elements that share one block (1 for plain types)
  std::int64_t block_bytes;      ///< bytes of one block
  std::uint32_t gguf_id;         ///< ggml_type number in a GGUF file, or kNoGgufId
  std::string_view safetensors;  ///< dtype string in a safetensors file, empty if it has none
  bool weight;                   ///< may hold model weights (`--type` offers these)
  /// Scales that a row begins with. Rows of such a type are of any length (the last block is filled
  /// up) and cannot be converted several at once.
  std::int64_t row_header_bytes = 0;
};

/// All types, in enum order.
std::span<const TypeInfo> types();
const TypeInfo& type_info(Type type);
inline std::string_view name_of(Type type) {
  return type_info(type).name;
}
std::optional<Type> find_type(std::string_view name);
std::optional<Type> find_gguf_type(std::uint32_t gguf_id);
/// Like find_type, but an unknown name or a type that cannot hold weights is an Error that lists
/// the known ones.
Type parse_weight_type(std::string_view name);
/// Bytes of a row of `elements`, 0 for none; Error when they are not a whole number of blocks (of a
/// type without row header).
std::int64_t row_bytes(Type type, std::int64_t elements);

}  // namespace ridgepoint
