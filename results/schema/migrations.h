// Migrations: the numbered files of this folder, in order. Number N takes a database from
// user_version N - 1 to N; the first one makes an empty file a database.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace ridgepoint {

/// "RPDB" in the file header (PRAGMA application_id): what tells our databases from other SQLite
/// files, for us and for file(1).
inline constexpr std::int32_t kApplicationId = 0x52504442;

struct Migration {
  std::int64_t version = 0;
  std::string_view name;
  std::string_view sql;
};

/// Embedded at build time; versions 1, 2, ... without gaps.
std::span<const Migration> schema_migrations();

}  // namespace ridgepoint
