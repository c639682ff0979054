// Merge: one database's rows into another, by UUID; all of them or none.
#pragma once

#include <filesystem>
#include <string_view>

#include "results/store/store.h"

namespace ridgepoint {

class Database;

/// `shown` names the other database in error lines.
MergeReport merge_databases(Database& database, const std::filesystem::path& other,
                            std::string_view shown, const StoreOptions& options);

}  // namespace ridgepoint
