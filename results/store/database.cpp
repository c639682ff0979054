#include "results/store/database.h"

#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <system_error>
#include <thread>

namespace ridgepoint {
namespace {

namespace fs = std::filesystem;

bool writable(const fs::path& path) {
  return ::access(path.c_str(), W_OK) == 0;
}

/// Whether committed pages wait in the write-ahead log, where an immutable reader would miss them.
bool has_pending_log(const fs::path& path) {
  std::error_code ignored;
  const auto size = fs::file_size(path.string() + "-wal", ignored);
  return !ignored && size > 0;
}

std::string percent_encoded(const std::string& text) {
  std::string encoded;
  for (const char c : text) {
    if (c == '%' || c == '?' || c == '#') {
      encoded += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      encoded += c;
    }
  }
  return encoded;
}

std::string uri(const fs::path& path, std::string_view parameters) {
  return fmt::format("file:{}?{}", percent_encoded(literal_name(path)), parameters);
}

}  // namespace

std::string literal_name(const fs::path& path) {
  return fs::absolute(path).string();
}

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

Query::~Query() {
  statement_.tryReset();
  statement_.clearBindings();
}

std::int64_t Query::integer(int column) const {
  return statement_.getColumn(column).getInt64();
}

double Query::real(int column) const {
  if (is_null(column)) return std::numeric_limits<double>::quiet_NaN();
  return statement_.getColumn(column).getDouble();
}

std::string Query::text(int column) const {
  return statement_.getColumn(column).getString();
}

bool Query::is_null(int column) const {
  return statement_.getColumn(column).isNull();
}

std::span<const std::byte> Query::blob(int column) const {
  const SQLite::Column value = statement_.getColumn(column);
  const auto* data = static_cast<const std::byte*>(value.getBlob());
  return {data, data == nullptr ? 0 : static_cast<std::size_t>(value.getBytes())};
}

void Query::bind_one(std::int64_t value) {
  statement_.bind(++bound_, value);
}

void Query::bind_one(double value) {
  if (std::isnan(value)) {
    statement_.bind(++bound_);
  } else {
    statement_.bind(++bound_, value);
  }
}

void Query::bind_one(const std::string& value) {
  statement_.bindNoCopy(++bound_, value);
}

void Query::bind_one(std::string_view value) {
  statement_.bind(++bound_, std::string(value));
}

void Query::bind_one(std::nullptr_t) {
  statement_.bind(++bound_);
}

void Query::bind_one(std::span<const std::byte> value) {
  if (value.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    throw Error(
        fmt::format("{} bytes of compressed samples in one series; at most 2 GiB fit: "
                    "measure fewer repetitions",
                    value.size()));
  }
  // A null pointer would bind NULL where an empty blob is meant.
  const void* data = value.empty() ? static_cast<const void*>("") : value.data();
  statement_.bindNoCopy(++bound_, data, static_cast<int>(value.size()));
}

Database::Database(fs::path path, OpenMode mode, std::chrono::milliseconds busy_timeout)
    : path_(std::move(path)), busy_timeout_(busy_timeout) {
  if (path_.empty()) throw Error("an empty name where that of a database is needed; give a file");
  std::error_code problem;
  const fs::file_status status = fs::status(path_, problem);
  if (fs::is_directory(status)) {
    throw Error(fmt::format("{} is a folder; give a file with --db FILE", path_.string()));
  }
  if (!fs::exists(status)) {
    if (mode == OpenMode::read_only) {
      throw Error(
          fmt::format("no database at {}: run something first, or give --db FILE", path_.string()));
    }
    const fs::path folder = folder_of(path_);
    fs::create_directories(folder, problem);
    if (problem) {
      throw Error(fmt::format("cannot create the folder {}: {}; choose another file with --db",
                              folder.string(), problem.message()));
    }
    if (!writable(folder)) {
      throw Error(
          fmt::format("cannot create {}: its folder is read-only; choose another file "
                      "with --db",
                      path_.string()));
    }
  }
  worded(path_, "opening it", [&] {
    if (mode == OpenMode::read_write) {
      open_for_writing();
    } else {
      open_for_reading();
    }
    // Views and triggers in a file from elsewhere get no powers.
    connection_->exec("PRAGMA trusted_schema = OFF");
  });
}

void Database::open_for_writing() {
  connection_.emplace(literal_name(path_),
                      SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE | SQLite::OPEN_URI |
                          SQLite::OPEN_NOMUTEX,  // one thread at a time, see above
                      static_cast<int>(busy_timeout_.count()));
  // SQLite falls back to reading where it may not write; better now than at the first record.
  if (sqlite3_db_readonly(connection_->getHandle(), "main") == 1) {
    throw Error(fmt::format("{} is read-only; make it writable or choose another file with --db",
                            path_.string()));
  }
}

void Database::open_for_reading() {
  const auto open = [&](std::string_view parameters) {
    reading_uri_ = uri(path_, parameters);
    connection_.emplace(reading_uri_, SQLite::OPEN_READONLY | SQLite::OPEN_URI,
                        static_cast<int>(busy_timeout_.count()));
    connection_->exec("PRAGMA schema_version");  // the first read opens the log
  };
  try {
    open("mode=ro");
  } catch (const SQLite::Exception& problem) {
    // A log cannot be opened where nothing may be created; without one the file is all there is.
    const bool no_log =
        problem.getErrorCode() == SQLITE_CANTOPEN || problem.getErrorCode() == SQLITE_READONLY;
    if (!no_log || writable(folder_of(path_)) || has_pending_log(path_)) throw;
    open("immutable=1");
  }
}

Query Database::query(std::string_view sql) {
  auto found = statements_.find(sql);
  if (found == statements_.end()) {
    std::string text(sql);
    found = statements_.try_emplace(text, *connection_, text).first;
  }
  return Query(found->second);
}

std::int64_t Database::integer(const std::string& sql) {
  return connection_->execAndGet(sql).getInt64();
}

std::string Database::text(const std::string& sql) {
  return connection_->execAndGet(sql).getString();
}

void Database::prepare_for_writing() {
  // The change to a log needs the file alone for a moment, and SQLite does not always wait for that
  // itself. Where it does, the time that is left is all that it may take.
  using std::chrono::milliseconds;
  const auto deadline = std::chrono::steady_clock::now() + busy_timeout_;
  for (;;) {
    const auto left =
        std::chrono::duration_cast<milliseconds>(deadline - std::chrono::steady_clock::now());
    connection_->setBusyTimeout(static_cast<int>(std::max(left, milliseconds(0)).count()));
    try {
      if (text("PRAGMA journal_mode") == "wal" || text("PRAGMA journal_mode = WAL") == "wal") break;
      throw Error(
          fmt::format("{} is on a file system without shared memory, which several "
                      "processes need; choose a file on a local disk with --db",
                      path_.string()));
    } catch (const SQLite::Exception& problem) {
      if (problem.getErrorCode() != SQLITE_BUSY || left <= milliseconds(0)) throw;
      std::this_thread::sleep_for(milliseconds(5));
    }
  }
  wait_at_most(busy_timeout_);
  execute("PRAGMA synchronous = FULL");
}

void Database::wait_at_most(std::chrono::milliseconds busy_timeout) {
  busy_timeout_ = busy_timeout;
  connection_->setBusyTimeout(static_cast<int>(busy_timeout.count()));
}

Error in_words(const SQLite::Exception& problem, const fs::path& path, std::string_view doing) {
  const std::string file = path.string();
  std::string message = problem.what();
  for (char& c : message) {
    if (c == '\n') c = ' ';
  }
  switch (problem.getErrorCode()) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Error(
          fmt::format("{} is locked by another process ({}); wait for that to end and do it again "
                      "(a run goes on with 'ridgepoint resume'), or choose another file with --db",
                      file, doing));
    case SQLITE_READONLY:
      return Error(
          fmt::format("{} cannot be written ({}): the file or its folder is read-only; "
                      "make both writable or choose another file with --db",
                      file, doing));
    case SQLITE_FULL:
      return Error(fmt::format(
          "no space left on the disk of {} ({}); everything stored before is "
          "safe: free some space and do it again; a run goes on with 'ridgepoint resume'",
          file, doing));
    case SQLITE_NOTADB:
      return Error(fmt::format("{} is not a SQLite database; choose another file with --db", file));
    case SQLITE_CORRUPT:
      return Error(
          fmt::format("{} is damaged ({}: {}); restore a backup, or save what can be read "
                      "with: sqlite3 {} .recover",
                      file, doing, message, file));
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return Error(
          fmt::format("cannot open {} or the -wal and -shm files beside it ({}); check "
                      "that the file and its folder are readable and writable, or choose "
                      "another file with --db",
                      file, doing));
    case SQLITE_IOERR:
      return Error(
          fmt::format("the disk of {} failed ({}: {}); check it, or choose another file "
                      "with --db",
                      file, doing, message));
    default:
      return Error(fmt::format("{}: SQLite refused ({}: {}); run 'ridgepoint doctor'", file, doing,
                               message));
  }
}

}  // namespace ridgepoint
