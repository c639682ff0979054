// From a path to a database of the schema that this program knows: makes a new one, refuses files
// of other programs and newer schemas, brings older ones up, on a copy first, for whoever writes
// and for whoever only reads.
#pragma once

#include <filesystem>

#include "results/store/database.h"
#include "results/store/open_mode.h"

namespace ridgepoint {

Database open_database(const std::filesystem::path& path, OpenMode mode,
                       const StoreOptions& options);

/// Writes the committed state of a database to a new file, synced to disk before it gets its name.
/// Error when the target exists.
void copy_database(const std::filesystem::path& from, const std::filesystem::path& to,
                   std::chrono::milliseconds busy_timeout);

/// For a database that must not be touched: a copy of the schema known here, made at `copy`.
void copy_migrated(const std::filesystem::path& from, const std::filesystem::path& copy,
                   const StoreOptions& options);

/// Whether it is one of ours that opening would bring up, which may take long. Never brings it up;
/// Error where the file cannot be read.
bool is_older_schema(const std::filesystem::path& path, const StoreOptions& options);

/// user_version of one of our databases; Error in words for any other file.
std::int64_t schema_version_of(const std::filesystem::path& path, const StoreOptions& options);

/// "ok", or the first thing that is wrong with structure and references.
std::string structure_problem(Database& database);

}  // namespace ridgepoint
