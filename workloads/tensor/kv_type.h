// What a KV cache may be stored in, declared once: the names that cases give these types, and the
// types themselves. `fp8` is E4M3 numbers as they are, without scales: what a token adds is written
// once and never looked at again, so there is no row whose largest number could be known. Numbers
// beyond 448 become 448, and those below 2^-6 keep steps of 2^-9 (fp8.h).
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "workloads/tensor/type.h"

namespace ridgepoint {

struct KvTypeName {
  std::string_view name;
  Type type;
};

/// The most precise first.
std::span<const KvTypeName> kv_types();
std::vector<std::string_view> kv_type_names();
std::optional<Type> find_kv_type(std::string_view name);
/// Error that lists the known ones.
Type parse_kv_type(std::string_view name);
bool holds_kv(Type type);

}  // namespace ridgepoint
