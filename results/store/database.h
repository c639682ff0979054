// Database: one SQLite connection whose every failure comes out as one line (what, where, what to
// do), with prepared statements kept for reuse. Knows nothing of runs.
//
// Threads: one at a time. SQLite's own exceptions leave through `worded` only.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "results/store/open_mode.h"
#include "workloads/error.h"

namespace ridgepoint {

/// The folder that a file lies in; "." for a bare name.
std::filesystem::path folder_of(const std::filesystem::path& path);

/// What SQLite takes for this file and nothing else: a relative name may read as a URI or as a
/// database in memory.
std::string literal_name(const std::filesystem::path& path);

/// A prepared statement in use: bound from the first parameter on, reset when it goes out of scope,
/// so that no read transaction outlives the loop that needed it.
class Query {
 public:
  explicit Query(SQLite::Statement& statement) : statement_(statement) {}
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  template <class... Values>
  Query& bind(const Values&... values) {
    (bind_one(values), ...);
    return *this;
  }
  bool step() { return statement_.executeStep(); }
  /// For statements without rows; the number of rows changed.
  std::int64_t run() { return statement_.exec(); }

  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] double real(int column) const;  ///< NULL is not a number
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] bool is_null(int column) const;
  /// Valid until the next step.
  [[nodiscard]] std::span<const std::byte> blob(int column) const;

 private:
  void bind_one(std::int64_t value);
  void bind_one(int value) { bind_one(static_cast<std::int64_t>(value)); }
  void bind_one(bool value) { bind_one(static_cast<std::int64_t>(value)); }
  void bind_one(double value);              ///< not a number becomes NULL
  void bind_one(const std::string& value);  ///< must live until the query is gone
  void bind_one(std::string_view value);    ///< copied
  void bind_one(const char* value) { bind_one(std::string_view(value)); }
  void bind_one(std::nullptr_t);
  void bind_one(std::span<const std::byte> value);  ///< must live until the query is gone

  SQLite::Statement& statement_;
  int bound_ = 0;
};

class Database {
 public:
  /// Opens; creates the file in read_write mode. A database on read-only media opens in read_only
  /// mode as long as nothing waits in its write-ahead log.
  Database(std::filesystem::path path, OpenMode mode, std::chrono::milliseconds busy_timeout);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] SQLite::Database& connection() { return *connection_; }
  /// How this file was opened, for ATTACH; empty in read_write mode.
  [[nodiscard]] const std::string& reading_uri() const { return reading_uri_; }

  [[nodiscard]] Query query(std::string_view sql);
  void execute(const std::string& sql) { connection_->exec(sql); }
  /// The first column of the first row.
  [[nodiscard]] std::int64_t integer(const std::string& sql);
  [[nodiscard]] std::string text(const std::string& sql);

  /// Write-ahead logging, full durability, foreign keys; waits for others as long as it may.
  void prepare_for_writing();
  /// From now on, for each statement.
  void wait_at_most(std::chrono::milliseconds busy_timeout);

 private:
  void open_for_writing();
  void open_for_reading();

  std::filesystem::path path_;
  std::string reading_uri_;
  std::chrono::milliseconds busy_timeout_;
  std::optional<SQLite::Database> connection_;
  std::map<std::string, SQLite::Statement, std::less<>> statements_;
};

/// SQLite's complaint as one line for a person. `doing` completes "while ...".
Error in_words(const SQLite::Exception& problem, const std::filesystem::path& path,
               std::string_view doing);

template <class Body>
auto worded(const std::filesystem::path& path, std::string_view doing, Body&& body) {
  try {
    return std::forward<Body>(body)();
  } catch (const SQLite::Exception& problem) {
    throw in_words(problem, path, doing);
  }
}

}  // namespace ridgepoint
