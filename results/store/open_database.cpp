#include "results/store/open_database.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "results/store/scratch_file.h"

namespace ridgepoint {
namespace {

namespace fs = std::filesystem;

struct Identity {
  std::int64_t version = 0;
  bool empty = false;
  bool ours = false;
};

Identity identify(Database& database) {
  // One statement sees one state: another process may be making the schema right now.
  Query query = database.query(
      "SELECT (SELECT user_version FROM pragma_user_version),"
      " (SELECT application_id FROM pragma_application_id),"
      " NOT EXISTS (SELECT 1 FROM sqlite_schema)");
  query.step();
  const std::int64_t version = query.integer(0), application = query.integer(1);
  return {.version = version,
          .empty = application == 0 && version == 0 && query.integer(2) == 1,
          .ours = application == kApplicationId};
}

std::int64_t newest(const StoreOptions& options) {
  return options.migrations.empty() ? 0 : options.migrations.back().version;
}

void require_ours(const Identity& identity, const fs::path& path, const StoreOptions& options) {
  if (!identity.ours) {
    throw Error(
        fmt::format("{} is a SQLite database of another program; choose another file with "
                    "--db",
                    path.string()));
  }
  if (identity.version > newest(options)) {
    throw Error(
        fmt::format("{} was written by a newer Ridgepoint (schema {}; this one knows up to "
                    "{}); update Ridgepoint or choose another file with --db",
                    path.string(), identity.version, newest(options)));
  }
}

/// Everything from `version` on; the caller holds the transaction.
void apply_migrations(Database& database, std::int64_t version, const StoreOptions& options) {
  for (const Migration& migration : options.migrations) {
    if (migration.version <= version) continue;
    try {
      database.execute(std::string(migration.sql));
    } catch (const SQLite::Exception& problem) {
      if (problem.getErrorCode() == SQLITE_FULL || problem.getErrorCode() == SQLITE_IOERR) throw;
      throw Error(
          fmt::format("{}: schema step {} failed ({}); the database is as it was: keep the "
                      "older Ridgepoint for it and report this",
                      database.path().string(), migration.name, problem.what()));
    }
    database.execute(fmt::format("PRAGMA user_version = {}", migration.version));
  }
  database.execute(fmt::format("PRAGMA application_id = {}", kApplicationId));
}

void require_sound(Database& database) {
  const std::string problem = structure_problem(database);
  if (problem != "ok") {
    throw Error(
        fmt::format("{}: {}; the database is as it was: restore a backup or keep the older "
                    "Ridgepoint for it",
                    database.path().string(), problem));
  }
}

void sync_file(const fs::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = file >= 0 && ::fsync(file) == 0;
  const int problem = errno;
  if (file >= 0) ::close(file);
  if (!synced) {
    throw Error(fmt::format("cannot sync {} to its disk: {}; check the disk", path.string(),
                            std::generic_category().message(problem)));
  }
}

/// Gives a finished file its name, unless something has that name already.
void rename_to_new(const fs::path& from, const fs::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) != 0) {
    const int problem = errno;
    const bool unsupported = problem == EINVAL || problem == ENOSYS;
    if (problem == EEXIST || (unsupported && fs::exists(to))) {
      throw Error(fmt::format("{} exists already; choose another name", to.string()));
    }
    if (!unsupported || ::rename(from.c_str(), to.c_str()) != 0) {
      throw Error(fmt::format("cannot write {}: {}; choose another folder", to.string(),
                              std::generic_category().message(problem)));
    }
  }
  sync_file(folder_of(to));
}

void vacuum_into(Database& source, const fs::path& target) {
  source.query("VACUUM INTO ?").bind(std::string_view(literal_name(target))).run();
}

void migrate_copy(const fs::path& copy, std::int64_t version, const StoreOptions& options) {
  Database database(copy, OpenMode::read_write, options.busy_timeout);
  worded(copy, "migrating a copy", [&] {
    SQLite::Transaction transaction(database.connection(), SQLite::TransactionBehavior::IMMEDIATE);
    apply_migrations(database, version, options);
    require_sound(database);
    transaction.commit();
  });
}

fs::path free_backup_name(const fs::path& path, std::int64_t version) {
  const std::string base = fmt::format("{}.schema{}.backup", path.string(), version);
  fs::path name = base;
  for (int i = 2; fs::exists(name); ++i) name = fmt::format("{}{}", base, i);
  return name;
}

/// Runs inside a write transaction on `database`: nobody else writes, and other connections read
/// the committed state that is being left behind.
void upgrade(Database& database, std::int64_t version, const StoreOptions& options) {
  const fs::path& path = database.path();
  const fs::path backup = free_backup_name(path, version);
  copy_database(path, backup, options.busy_timeout);
  try {
    const ScratchFile rehearsal(path.string() + ".migrating");
    copy_database(backup, rehearsal.path(), options.busy_timeout);
    migrate_copy(rehearsal.path(), version, options);
    apply_migrations(database, version, options);
    require_sound(database);
  } catch (...) {
    std::error_code ignored;  // the original is untouched, so the backup says nothing new
    fs::remove(backup, ignored);
    throw;
  }
}

void bring_up(Database& database, const StoreOptions& options) {
  // A schema step may rebuild tables that others refer to, so references are checked at its end.
  database.execute("PRAGMA foreign_keys = OFF");
  SQLite::Transaction transaction(database.connection(), SQLite::TransactionBehavior::IMMEDIATE);
  // Another process may have done it while this one waited for the lock.
  const Identity identity = identify(database);
  if (identity.empty) {
    apply_migrations(database, 0, options);
  } else {
    require_ours(identity, database.path(), options);
    if (identity.version < newest(options)) upgrade(database, identity.version, options);
  }
  transaction.commit();
}

/// Nobody should have to measure something first to look at what they have.
void bring_up_for_reading(const fs::path& path, std::int64_t version, const StoreOptions& options) {
  try {
    open_database(path, OpenMode::read_write, options);
  } catch (const Error& problem) {
    throw Error(
        fmt::format("{} has schema {} and this Ridgepoint reads {}; it is brought up when it is "
                    "opened, with a backup beside it, and that failed: {}",
                    path.string(), version, newest(options), problem.what()));
  }
}

}  // namespace

std::string structure_problem(Database& database) {
  std::string integrity;
  try {
    integrity = database.text("PRAGMA integrity_check(1)");
  } catch (const SQLite::Exception& problem) {
    // So damaged that the check itself cannot go on.
    if ((problem.getErrorCode() & 0xff) != SQLITE_CORRUPT) throw;
    return problem.what();
  }
  if (integrity != "ok") return integrity;
  Query broken = database.query("PRAGMA foreign_key_check");
  if (broken.step()) {
    return fmt::format("a row of table {} refers to a missing row of {}", broken.text(0),
                       broken.text(2));
  }
  return "ok";
}

void copy_database(const fs::path& from, const fs::path& to,
                   std::chrono::milliseconds busy_timeout) {
  if (to.empty()) throw Error("an empty name where that of the copy is needed; give a file");
  if (fs::exists(fs::symlink_status(to))) {
    throw Error(fmt::format("{} exists already; choose another name", to.string()));
  }
  const ScratchFile unfinished(fmt::format("{}.unfinished-{}", to.string(), ::getpid()));
  worded(to, "copying " + from.string(), [&] {
    Database source(from, OpenMode::read_only, busy_timeout);
    vacuum_into(source, unfinished.path());
  });
  sync_file(unfinished.path());
  rename_to_new(unfinished.path(), to);
}

void copy_migrated(const fs::path& from, const fs::path& copy, const StoreOptions& options) {
  const std::int64_t version = schema_version_of(from, options);
  copy_database(from, copy, options.busy_timeout);
  migrate_copy(copy, version, options);
}

std::int64_t schema_version_of(const fs::path& path, const StoreOptions& options) {
  Database database(path, OpenMode::read_only, options.busy_timeout);
  return worded(path, "opening it", [&] {
    const Identity identity = identify(database);
    require_ours(identity, path, options);
    return identity.version;
  });
}

bool is_older_schema(const fs::path& path, const StoreOptions& options) {
  Database database(path, OpenMode::read_only, options.busy_timeout);
  return worded(path, "opening it", [&] {
    const Identity identity = identify(database);
    return identity.ours && identity.version < newest(options);
  });
}

Database open_database(const fs::path& path, OpenMode mode, const StoreOptions& options) {
  Database database(path, mode, options.busy_timeout);
  std::int64_t older_version = 0;  // of a database that is only read and has to be brought up
  worded(path, "opening it", [&] {
    const Identity identity = identify(database);
    if (mode == OpenMode::read_only) {
      if (identity.empty) {
        throw Error(fmt::format("nothing in {} yet: run something first, or give --db FILE",
                                path.string()));
      }
      require_ours(identity, path, options);
      if (identity.version < newest(options)) older_version = identity.version;
      return;
    }
    if (!identity.empty) require_ours(identity, path, options);
    database.prepare_for_writing();
    if (identity.version < newest(options)) bring_up(database, options);
    database.execute("PRAGMA foreign_keys = ON");
  });
  if (older_version > 0) bring_up_for_reading(path, older_version, options);
  return database;
}

}  // namespace ridgepoint
