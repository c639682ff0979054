#include "workloads/tensor/type.h"

#include <array>
#include <string>

#include "workloads/error.h"

namespace ridgepoint {

namespace {

constexpr std::array<TypeInfo, 18> kTypes{{
    {Type::f32, "f32", 1, 4, 0, "F32", true},
    {Type::f16, "f16", 1, 2, 1, "F16", true},
    {Type::bf16, "bf16", 1, 2, 30, "BF16", true},
    {Type::q8_0, "q8_0", 32, 34, 8, "", true},
    {Type::q4_0, "q4_0", 32, 18, 2, "", true},
    {Type::q5_0, "q5_0", 32, 22, 6, "", true},
    {Type::q4_k, "q4_k", 256, 144, 12, "", true},
    {Type::q6_k, "q6_k", 256, 210, 14, "", true},
    {Type::q8_channel, "q8_channel", 1, 1, kNoGgufId, "", true, 4},
    {Type::q8_g64, "q8_g64", 64, 66, kNoGgufId, "", true},
    {Type::q8_g128, "q8_g128", 128, 130, kNoGgufId, "", true},
    {Type::w4_channel, "w4_channel", 32, 16, kNoGgufId, "", true, 4},
    {Type::w4_g32, "w4_g32", 32, 20, kNoGgufId, "", true},
    {Type::w4_g64, "w4_g64", 64, 36, kNoGgufId, "", true},
    {Type::w4_g128, "w4_g128", 128, 68, kNoGgufId, "", true},
    {Type::fp8, "fp8", 1, 1, kNoGgufId, "", true, 4},
    {Type::e4m3, "e4m3", 1, 1, kNoGgufId, "", false},
    {Type::i32, "i32", 1, 4, 26, "I32", false},
}};

}  // namespace

std::span<const TypeInfo> types() {
  return kTypes;
}

const TypeInfo& type_info(Type type) {
  return kTypes.at(static_cast<std::size_t>(type));
}

std::optional<Type> find_type(std::string_view name) {
  for (const TypeInfo& info : kTypes) {
    if (info.name == name) {
      return info.type;
    }
  }
  return std::nullopt;
}

std::optional<Type> find_gguf_type(std::uint32_t gguf_id) {
  for (const TypeInfo& info : kTypes) {
    if (info.gguf_id == gguf_id && gguf_id != kNoGgufId) {
      return info.type;
    }
  }
  return std::nullopt;
}

Type parse_weight_type(std::string_view name) {
  if (const auto type = find_type(name); type && type_info(*type).weight) {
    return *type;
  }
  std::string known;
  for (const TypeInfo& info : kTypes) {
    if (info.weight) {
      known += known.empty() ? "" : ", ";
      known += info.name;
    }
  }
  throw Error("unknown weight type '" + std::string(name) + "'; use one of " + known);
}

std::int64_t row_bytes(Type type, std::int64_t elements) {
  const TypeInfo& info = type_info(type);
  const std::int64_t rest = elements % info.block_elements;
  if (elements < 0 || (rest != 0 && info.row_header_bytes == 0)) {
    throw Error("a row of " + std::to_string(elements) + " elements is not whole blocks of " +
                std::to_string(info.block_elements) + ", as " + std::string(info.name) +
                " needs; use a type without blocks (f32, f16, bf16)");
  }
  if (elements == 0) {
    return 0;
  }
  const std::int64_t blocks = elements / info.block_elements + (rest != 0 ? 1 : 0);
  std::int64_t bytes = 0;
  if (__builtin_mul_overflow(blocks, info.block_bytes, &bytes) ||
      __builtin_add_overflow(bytes, info.row_header_bytes, &bytes)) {
    throw Error("a row of " + std::to_string(elements) +
                " elements is too long: its bytes do not fit 64 bits");
  }
  return bytes;
}

}  // namespace ridgepoint
