#include "workloads/tensor/kv_type.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "workloads/error.h"

namespace ridgepoint {
namespace {

constexpr std::array<KvTypeName, 4> kKvTypes{
    {{"f32", Type::f32}, {"f16", Type::f16}, {"bf16", Type::bf16}, {"fp8", Type::e4m3}}};

}  // namespace

std::span<const KvTypeName> kv_types() {
  return kKvTypes;
}

std::vector<std::string_view> kv_type_names() {
  std::vector<std::string_view> names;
  for (const KvTypeName& each : kKvTypes) names.push_back(each.name);
  return names;
}

std::optional<Type> find_kv_type(std::string_view name) {
  const auto* const found = std::ranges::find(kKvTypes, name, &KvTypeName::name);
  if (found == kKvTypes.end()) return std::nullopt;
  return found->type;
}

Type parse_kv_type(std::string_view name) {
  if (const auto type = find_kv_type(name)) return *type;
  throw Error(
      fmt::format("unknown kv type '{}'; known: {}", name, fmt::join(kv_type_names(), ", ")));
}

bool holds_kv(Type type) {
  return std::ranges::find(kKvTypes, type, &KvTypeName::type) != kKvTypes.end();
}

}  // namespace ridgepoint
