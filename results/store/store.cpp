#include "results/store/store.h"

#include <fmt/format.h>
#include <sqlite3.h>
#include <uuid/uuid.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "profiler/clock/monotonic_clock.h"
#include "results/store/marks_rows.h"
#include "results/store/merge.h"
#include "results/store/open_database.h"
#include "results/store/process_counts.h"
#include "results/store/read_ahead.h"
#include "results/store/record_writer.h"
#include "results/store/resolve_run.h"
#include "results/store/sample_codec.h"
#include "results/store/scratch_file.h"
#include "results/store/trace_codec.h"
#include "workloads/content_hash.h"

namespace ridgepoint {

struct Store::State {
  Database database;
  StoreOptions options;

  template <class Body>
  auto during(std::string_view doing, Body&& body) {
    return worded(database.path(), doing, std::forward<Body>(body));
  }

  /// The body as one transaction that waits for other writers instead of failing half-way.
  template <class Body>
  void write(std::string_view doing, Body&& body) {
    during(doing, [&] {
      SQLite::Transaction transaction(database.connection(),
                                      SQLite::TransactionBehavior::IMMEDIATE);
      body();
      transaction.commit();
    });
  }

  /// The body over one moment of the database, whoever writes meanwhile.
  template <class Body>
  auto read(std::string_view doing, Body&& body) {
    return during(doing, [&] {
      SQLite::Transaction snapshot(database.connection());
      return body();
    });
  }
};

namespace {

constexpr const char* kRunColumns =
    "runs.id, label, suite, command, tool_version, git_commit, git_branch, git_dirty, status, "
    "started_unix_ns, finished_unix_ns, harness_floor_ns, coalesce(environment_hash, ''), options";

/// What follows the columns of a run.
constexpr int kAfterRun = 14 + kMarksColumnCount;

/// For a SELECT from `runs`: what read_run_columns reads.
std::string run_columns() {
  return fmt::format("{}, {}", kRunColumns, kMarksColumns);
}

/// Reads run_columns() from column 0 on.
Run read_run_columns(const Query& row) {
  Run run;
  run.id = row.text(0);
  run.label = row.text(1);
  run.suite = row.text(2);
  run.command = row.text(3);
  run.tool_version = row.text(4);
  run.git_commit = row.text(5);
  run.git_branch = row.text(6);
  run.git_dirty = row.integer(7) != 0;
  run.status = row.text(8);
  run.started_unix_ns = row.integer(9);
  run.finished_unix_ns = row.integer(10);
  run.harness_floor_ns = row.integer(11);
  run.environment_hash = row.text(12);
  run.options = row.text(13);
  run.marks = read_marks(row, 14);
  return run;
}

[[noreturn]] void no_such_run(const Database& database, const std::string& run_id) {
  throw Error(fmt::format("no run {} in {}; 'ridgepoint list runs' shows what there is", run_id,
                          database.path().string()));
}

void require_run(Database& database, const std::string& run_id) {
  if (!database.query("SELECT 1 FROM runs WHERE id = ?").bind(run_id).step()) {
    no_such_run(database, run_id);
  }
}

void insert_environment(Database& database, const Run& run) {
  if (run.environment_hash.empty()) return;
  database.query("INSERT OR IGNORE INTO environments (hash, json) VALUES (?, ?)")
      .bind(run.environment_hash, run.environment)
      .run();
}

void insert_run(Database& database, const Run& run) {
  Query insert = database.query(
      "INSERT INTO runs (id, label, suite, command, tool_version, git_commit, git_branch, "
      "git_dirty, status, started_unix_ns, finished_unix_ns, harness_floor_ns, environment_hash, "
      "options, conditions_before, conditions_after) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, nullif(?, ''), ?, ?, ?)");
  insert
      .bind(run.id, run.label, run.suite, run.command, run.tool_version, run.git_commit,
            run.git_branch, run.git_dirty, run.status, run.started_unix_ns, run.finished_unix_ns,
            run.harness_floor_ns, run.environment_hash, run.options, run.conditions,
            run.conditions_after)
      .run();
  insert_marks(database, run.id, run.marks);
}

void insert_planned(Database& database, const std::string& run_id, const PlannedCase& planned) {
  const std::string hash = case_hash(planned.subject);
  database.query("INSERT OR IGNORE INTO cases (hash, json, label) VALUES (?, ?, ?)")
      .bind(hash, to_json(planned.subject), label(planned.subject))
      .run();
  database.query("INSERT INTO run_cases (run_id, ordinal, case_hash) VALUES (?, ?, ?)")
      .bind(run_id, planned.ordinal, hash)
      .run();
}

bool is_planned(Database& database, const Record& record, const std::string& hash) {
  return database
      .query("SELECT 1 FROM run_cases WHERE run_id = ? AND ordinal = ? AND case_hash = ?")
      .bind(record.run_id, record.ordinal, hash)
      .step();
}

bool is_recorded(Database& database, const Record& record) {
  return database.query("SELECT 1 FROM records WHERE run_id = ? AND ordinal = ?")
      .bind(record.run_id, record.ordinal)
      .step();
}

EncodedSeries encode_all(const Record& record) {
  EncodedSeries encoded;
  for (const Series& series : record.measurement.series) {
    encoded.push_back(encode_samples(series.samples));
  }
  return encoded;
}

void require_free_place(Database& database, const Record& record, const std::string& hash) {
  if (!is_planned(database, record, hash)) {
    throw std::logic_error(fmt::format("add_record: case {} is not what run {} planned there",
                                       record.ordinal, record.run_id));
  }
  if (is_recorded(database, record)) {
    throw Error(
        fmt::format("{}: run {} already has a record of case {}; let only one process "
                    "resume a run",
                    database.path().string(), record.run_id, record.ordinal));
  }
}

void insert_record(Database& database, const Record& record, const EncodedSeries& encoded) {
  const std::string hash = case_hash(record.subject);
  require_free_place(database, record, hash);
  const RecordRows rows{&record, &hash, &encoded};
  RecordWriter(database).add({&rows, 1});
}

void require_storable(const Record& record) {
  if (record.id.empty()) throw std::logic_error("add_record: a record needs an id");
  if (record.outcome != Outcome::ok && record.reason.empty()) {
    throw std::logic_error(
        fmt::format("add_record: outcome {} without a reason", name_of(record.outcome)));
  }
  for (const Series& series : record.measurement.series) {
    const auto& counts = series.process_counts;
    if (counts.empty()) continue;
    const auto total = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
    if (total != static_cast<std::int64_t>(series.samples.size())) {
      throw std::logic_error(
          fmt::format("add_record: the processes of series {} do not add up", series.name));
    }
  }
}

/// Plan entries of one run, many of them of the same few cases: each case is written once.
class PlanWriter {
 public:
  PlanWriter(Database& database, const std::string& run_id)
      : database_(database), run_id_(run_id) {}

  void add(std::int64_t ordinal, const Case& subject) {
    const std::string& hash = hash_of(subject);
    database_.query("INSERT INTO run_cases (run_id, ordinal, case_hash) VALUES (?, ?, ?)")
        .bind(run_id_, ordinal, hash)
        .run();
  }

  /// Of a case that is stored from now on; valid until forget() is called.
  const std::string& hash_of(const Case& subject) {
    // An imported case is its name; to_json takes longer than looking that up.
    std::string key =
        subject.workload == "imported" ? "imported:" + subject.name : to_json(subject);
    auto found = hashes_.find(key);
    if (found == hashes_.end()) {
      const std::string json = to_json(subject);
      std::string hash = content_hash(json);
      const bool added =
          database_.query("INSERT OR IGNORE INTO cases (hash, json, label) VALUES (?, ?, ?)")
              .bind(hash, json, label(subject))
              .run() > 0;
      if (!added) contradicted_ = contradicted_ || !is_stored(hash, json);
      found = hashes_.emplace(std::move(key), std::move(hash)).first;
    }
    return found->second;
  }

  /// So that memory stays bounded, however many cases there are.
  void forget_if_many() {
    if (hashes_.size() > kMostRemembered) hashes_.clear();
  }

  /// Whether a case is stored with another content under the same hash: somebody altered it.
  [[nodiscard]] bool contradicted() const { return contradicted_; }

 private:
  static constexpr std::size_t kMostRemembered = 100'000;

  bool is_stored(const std::string& hash, const std::string& json) {
    return database_.query("SELECT 1 FROM cases WHERE hash = ? AND json = ?")
        .bind(hash, json)
        .step();
  }

  Database& database_;
  const std::string& run_id_;
  std::unordered_map<std::string, std::string> hashes_;  // by what tells cases apart
  bool contradicted_ = false;
};

/// Whether each record's place is looked at before it is written, to say in words what is wrong
/// with it; the schema refuses the same without words.
enum class Places : bool { left_to_schema, looked_at };

struct WrittenRun {
  std::int64_t records = 0;
  bool contradicted = false;
};

/// That every record of the run is there, said last.
void mark_complete(Database& database, const std::string& run_id, std::int64_t records) {
  database.query("INSERT OR REPLACE INTO imports (run_id, records) VALUES (?, ?)")
      .bind(run_id, records)
      .run();
}

/// How many records of a complete import are there; nothing where the run is not known, was never
/// marked complete, or has lost records since. Counts, so that a mark alone is not believed.
std::optional<std::int64_t> records_of_complete_import(Database& database,
                                                       const std::string& run_id) {
  Query row = database.query(
      "SELECT imports.records FROM imports JOIN runs ON runs.id = run_id WHERE run_id = ?1 AND "
      "imports.records = (SELECT count(*) FROM records WHERE records.run_id = ?1) AND "
      "imports.records <= (SELECT count(*) FROM run_cases WHERE run_cases.run_id = ?1)");
  row.bind(run_id);
  if (!row.step()) return std::nullopt;
  return row.integer(0);
}

/// A record whose place is looked at first, planned before or not.
void write_one(Database& database, const PackedRecord& packed, PlanWriter& plan,
               RecordWriter& writer, bool planned) {
  const Record& record = packed.record;
  const std::string hash = plan.hash_of(record.subject);
  if (planned || is_recorded(database, record)) require_free_place(database, record, hash);
  const RecordRows rows{&record, &hash, &packed.series};
  if (!planned) writer.add_to_plan({&rows, 1});
  writer.add({&rows, 1});
}

/// Inside of a write transaction.
WrittenRun write_whole_run(Database& database, const RecordStream& stream, Places places) {
  WrittenRun written;
  insert_environment(database, stream.run);
  insert_run(database, stream.run);
  PlanWriter plan(database, stream.run.id);
  RecordWriter writer(database);
  for (const PlannedCase& entry : stream.planned) plan.add(entry.ordinal, entry.subject);
  std::vector<RecordRows> rows;
  read_ahead(stream, [&](std::span<const PackedRecord> batch) {
    rows.clear();
    plan.forget_if_many();
    for (const PackedRecord& packed : batch) {
      require_storable(packed.record);
      if (places == Places::looked_at || !stream.planned.empty()) {
        write_one(database, packed, plan, writer, !stream.planned.empty());
      } else {
        rows.push_back({&packed.record, &plan.hash_of(packed.record.subject), &packed.series});
      }
    }
    writer.add_to_plan(rows);
    writer.add(rows);
    written.records += static_cast<std::int64_t>(batch.size());
  });
  if (stream.id_follows_from_content) mark_complete(database, stream.run.id, written.records);
  written.contradicted = plan.contradicted();
  return written;
}

bool has_environment(Database& database, const Run& run) {
  return run.environment_hash.empty() ||
         database.query("SELECT 1 FROM environments WHERE hash = ? AND json = ?")
             .bind(run.environment_hash, run.environment)
             .step();
}

/// What makes a big transaction cheap: more pages in memory, since its rows go to a dozen places of
/// the file, and no look-up of what each row refers to, since write_whole_run has just written it.
class BulkWriting {
 public:
  explicit BulkWriting(Database& database)
      : database_(database), cache_size_(database.integer("PRAGMA cache_size")) {
    database_.execute("PRAGMA cache_size = -262144");  // KiB
    database_.execute("PRAGMA foreign_keys = OFF");
  }
  ~BulkWriting() {
    try {
      database_.execute("PRAGMA foreign_keys = ON");
      database_.execute(fmt::format("PRAGMA cache_size = {}", cache_size_));
    } catch (const SQLite::Exception&) {
      // Neither can fail outside of a transaction.
    }
  }
  BulkWriting(const BulkWriting&) = delete;
  BulkWriting& operator=(const BulkWriting&) = delete;

 private:
  Database& database_;
  std::int64_t cache_size_;
};

/// A run of which nothing is known, written straight in; how many records it has. Nothing, and
/// nothing changed, where something of it is there already and has to be compared.
std::optional<std::int64_t> add_run(Database& database, const RecordStream& stream) {
  const BulkWriting bulk(database);
  SQLite::Transaction transaction(database.connection(), SQLite::TransactionBehavior::IMMEDIATE);
  if (database.query("SELECT 1 FROM runs WHERE id = ?").bind(stream.run.id).step()) {
    return std::nullopt;
  }
  try {
    const WrittenRun written = write_whole_run(database, stream, Places::left_to_schema);
    if (written.contradicted || !has_environment(database, stream.run)) return std::nullopt;
    transaction.commit();
    return written.records;
  } catch (const SQLite::Exception& problem) {
    if (problem.getErrorCode() != SQLITE_CONSTRAINT) throw;
    return std::nullopt;
  }
}

Run read_run(Database& database, const std::string& run_id) {
  Query row = database.query(fmt::format(
      "SELECT {}, coalesce(json, ''), conditions_before, conditions_after FROM runs "
      "LEFT JOIN environments ON environments.hash = environment_hash WHERE runs.id = ?",
      run_columns()));
  row.bind(run_id);
  if (!row.step()) no_such_run(database, run_id);
  Run run = read_run_columns(row);
  run.environment = row.text(kAfterRun);
  run.conditions = row.text(kAfterRun + 1);
  run.conditions_after = row.text(kAfterRun + 2);
  return run;
}

std::vector<PlannedCase> read_planned(Database& database, const std::string& run_id) {
  Query row = database.query(
      "SELECT ordinal, json FROM run_cases JOIN cases ON hash = case_hash WHERE run_id = ? "
      "ORDER BY ordinal");
  row.bind(run_id);
  std::vector<PlannedCase> planned;
  while (row.step()) planned.push_back({row.integer(0), case_from_json(row.text(1))});
  return planned;
}

/// Which records of a run.
struct Ordinals {
  std::int64_t first = std::numeric_limits<std::int64_t>::min();
  std::int64_t last = std::numeric_limits<std::int64_t>::max();
};

/// The record of an ordinal among records sorted by it, which mostly count from 0.
Record& at_ordinal(std::vector<Record>& records, std::int64_t ordinal) {
  const auto guess = static_cast<std::size_t>(ordinal);
  if (guess < records.size() && records[guess].ordinal == ordinal) return records[guess];
  return *std::ranges::lower_bound(records, ordinal, {}, &Record::ordinal);
}

std::map<std::int64_t, std::string> read_metric_names(Database& database) {
  Query row = database.query("SELECT key, name FROM metric_names");
  std::map<std::int64_t, std::string> names;
  while (row.step()) names.emplace(row.integer(0), row.text(1));
  return names;
}

std::vector<Record> read_records(Database& database, const std::string& run_id, bool with_samples,
                                 Ordinals ordinals = {}) {
  std::vector<Record> records;
  Query row = database.query(
      "SELECT id, ordinal, json, outcome, reason, started_unix_ns, duration_ns, details "
      "FROM records JOIN cases ON hash = case_hash WHERE run_id = ? AND ordinal BETWEEN ? AND ? "
      "ORDER BY ordinal");
  row.bind(run_id, ordinals.first, ordinals.last);
  while (row.step()) {
    Record record;
    record.id = row.text(0);
    record.run_id = run_id;
    record.ordinal = row.integer(1);
    record.subject = case_from_json(row.text(2));
    record.outcome = parse_outcome(row.text(3));
    record.reason = row.text(4);
    record.started_unix_ns = row.integer(5);
    record.duration_ns = row.integer(6);
    record.details = row.text(7);
    records.push_back(std::move(record));
  }
  // Ordinals tell whose a row is; a UUID for each of a million rows would cost more than the rest.
  const std::map<std::int64_t, std::string> names = read_metric_names(database);
  Query metric = database.query(
      "SELECT ordinal, name_key, value FROM records JOIN metric_values ON record_key = key "
      "WHERE run_id = ? AND ordinal BETWEEN ? AND ? ORDER BY ordinal");
  metric.bind(run_id, ordinals.first, ordinals.last);
  while (metric.step()) {
    auto& metrics = at_ordinal(records, metric.integer(0)).measurement.metrics;
    metrics.emplace_hint(metrics.end(), names.at(metric.integer(1)), metric.real(2));
  }
  Query op = database.query(
      "SELECT ordinal, phase, op_id, op, time_ns, passes, work_flops, work_bytes, weight_bytes, "
      "kv_bytes, activation_bytes, weight_type, low_ns, high_ns FROM records JOIN op_times ON "
      "record_key = key WHERE run_id = ? AND ordinal BETWEEN ? AND ? "
      "ORDER BY ordinal, position");
  op.bind(run_id, ordinals.first, ordinals.last);
  while (op.step()) {
    at_ordinal(records, op.integer(0))
        .measurement.op_times.push_back({op.text(1), op.text(2), op.text(3), op.integer(4),
                                         op.integer(5), op.real(6), op.real(7), op.real(8),
                                         op.real(9), op.real(10), op.text(11), op.integer(12),
                                         op.integer(13)});
  }
  if (!with_samples) return records;
  Query series = database.query(
      "SELECT ordinal, name, unit, codec, count, samples, process_counts FROM records JOIN series "
      "ON record_key = key WHERE run_id = ? AND ordinal BETWEEN ? AND ? ORDER BY ordinal, "
      "position");
  series.bind(run_id, ordinals.first, ordinals.last);
  SampleDecoder decoder;
  while (series.step()) {
    Record& record = at_ordinal(records, series.integer(0));
    try {
      record.measurement.series.push_back(
          {series.text(1), series.text(2),
           decoder.decode(static_cast<int>(series.integer(3)), series.integer(4), series.blob(5)),
           counts_from_text(series.text(6), series.integer(4))});
    } catch (const Error& error) {
      throw Error(fmt::format("{}: record {} series {}: {}", database.path().string(), record.id,
                              series.text(1), error.what()));
    }
  }
  return records;
}

}  // namespace

Store::Store(const std::filesystem::path& path, OpenMode mode, const StoreOptions& options)
    : state_(std::make_unique<State>(State{open_database(path, mode, options), options})) {}
Store::~Store() = default;
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;

void Store::wait_at_most(std::chrono::milliseconds busy_timeout) {
  state_->database.wait_at_most(busy_timeout);
}

const std::filesystem::path& Store::path() const {
  return state_->database.path();
}

std::int64_t Store::schema_version() const {
  return state_->during("reading its schema",
                        [&] { return state_->database.integer("PRAGMA user_version"); });
}

void Store::begin_run(const Run& run, const std::vector<Case>& cases) {
  Database& database = state_->database;
  state_->write("beginning a run", [&] {
    if (database.query("SELECT 1 FROM runs WHERE id = ?").bind(run.id).step()) {
      throw Error(fmt::format("{}: run {} is already there; resume it or begin a new one",
                              path().string(), run.id));
    }
    insert_environment(database, run);
    insert_run(database, run);
    std::int64_t ordinal = 0;
    for (const Case& subject : cases) insert_planned(database, run.id, {ordinal++, subject});
  });
}

void Store::extend_run(const std::string& run_id, const std::vector<Case>& cases) {
  Database& database = state_->database;
  state_->write("planning more of a run", [&] {
    auto query =
        database.query("SELECT COALESCE(MAX(ordinal) + 1, 0) FROM run_cases WHERE run_id = ?");
    std::int64_t ordinal = query.bind(run_id).step() ? query.integer(0) : 0;
    for (const Case& subject : cases) insert_planned(database, run_id, {ordinal++, subject});
  });
}

void Store::add_record(const Record& record) {
  require_storable(record);
  const EncodedSeries encoded = encode_all(record);  // outside of the lock
  state_->write("storing a record", [&] {
    state_->database.query("DELETE FROM records WHERE run_id = ? AND ordinal = ? AND outcome = ?")
        .bind(record.run_id, record.ordinal, name_of(Outcome::interrupted))
        .run();
    insert_record(state_->database, record, encoded);
  });
}

void Store::replace_record(const std::string& replaced_id, const Record& record) {
  require_storable(record);
  const EncodedSeries encoded = encode_all(record);
  state_->write("storing a record", [&] {
    const std::int64_t gone =
        state_->database.query("DELETE FROM records WHERE id = ? AND run_id = ? AND ordinal = ?")
            .bind(replaced_id, record.run_id, record.ordinal)
            .run();
    if (gone != 1) {
      throw std::logic_error(
          fmt::format("replace_record: {} is no record of that case", replaced_id));
    }
    insert_record(state_->database, record, encoded);
  });
}

void Store::finish_run(const std::string& run_id, std::string_view status,
                       std::int64_t finished_unix_ns, std::string_view conditions_after) {
  if (status != "finished" && status != "interrupted") {
    throw std::logic_error(fmt::format("finish_run: status '{}'", status));
  }
  state_->write("finishing a run", [&] {
    const std::int64_t changed =
        state_->database
            .query(
                "UPDATE runs SET status = ?, finished_unix_ns = ?, conditions_after = ? "
                "WHERE id = ?")
            .bind(status, finished_unix_ns, conditions_after, run_id)
            .run();
    if (changed == 0) no_such_run(state_->database, run_id);
  });
}

void Store::reopen_run(const std::string& run_id) {
  state_->write("reopening a run", [&] {
    const std::int64_t changed =
        state_->database
            .query(
                "UPDATE runs SET status = 'running', finished_unix_ns = 0, "
                "conditions_after = '' WHERE id = ?")
            .bind(run_id)
            .run();
    if (changed == 0) no_such_run(state_->database, run_id);
  });
}

void Store::drop_interrupted(const std::string& run_id) {
  state_->write("dropping interrupted records", [&] {
    state_->database.query("DELETE FROM records WHERE run_id = ? AND outcome = ?")
        .bind(run_id, name_of(Outcome::interrupted))
        .run();
  });
}

std::int64_t Store::set_tags(const std::string& run_id, const std::vector<std::string>& tags,
                             bool present) {
  for (const std::string& tag : tags) {
    const std::string why = why_no_tag(tag);
    if (!why.empty()) throw Error(fmt::format("tag '{}' {}; choose one word for it", tag, why));
  }
  std::int64_t changed = 0;
  state_->write("storing tags", [&] {
    require_run(state_->database, run_id);
    for (const std::string& tag : tags) {
      changed += put_tag(state_->database, run_id, tag, present, unix_ns()) ? 1 : 0;
    }
  });
  return changed;
}

bool Store::set_note(const std::string& run_id, std::string_view note) {
  const std::string why = why_no_note(note);
  if (!why.empty()) throw Error(fmt::format("the note {}; make it shorter text", why));
  bool changed = false;
  state_->write("storing a note", [&] {
    require_run(state_->database, run_id);
    changed = put_note(state_->database, run_id, note, unix_ns());
  });
  return changed;
}

std::vector<RunSummary> Store::list_runs(std::int64_t limit) const {
  return state_->during("listing runs", [&] {
    Query row = state_->database.query(fmt::format(
        "SELECT {}, (SELECT count(*) FROM run_cases WHERE run_id = runs.id), "
        "(SELECT count(*) FROM records WHERE run_id = runs.id), "
        "(SELECT count(*) FROM records WHERE run_id = runs.id AND outcome <> '{}'), "
        "(SELECT max(value) FROM records JOIN metric_values ON record_key = records.key "
        "WHERE run_id = runs.id AND suite <> 'imported' AND name_key = "
        "(SELECT key FROM metric_names WHERE name = 'precision_percent')) "
        "FROM runs ORDER BY started_unix_ns DESC, id DESC LIMIT ?",
        run_columns(), name_of(Outcome::ok)));
    row.bind(limit);
    std::vector<RunSummary> summaries;
    while (row.step()) {
      const std::int64_t recorded = row.integer(kAfterRun + 1);
      summaries.push_back(
          {read_run_columns(row), row.integer(kAfterRun), recorded,
           recorded - row.integer(kAfterRun + 2),
           row.is_null(kAfterRun + 3) ? std::nullopt : std::optional(row.real(kAfterRun + 3))});
    }
    return summaries;
  });
}

std::string Store::resolve_run(std::string_view text) const {
  return state_->during("looking for a run",
                        [&] { return ridgepoint::resolve_run(state_->database, text); });
}

Run Store::run(const std::string& run_id) const {
  return state_->during("reading a run", [&] { return read_run(state_->database, run_id); });
}

std::vector<PlannedCase> Store::planned_cases(const std::string& run_id) const {
  return state_->during("reading the plan of a run",
                        [&] { return read_planned(state_->database, run_id); });
}

std::vector<Record> Store::records(const std::string& run_id, bool with_samples) const {
  return state_->read("reading records",
                      [&] { return read_records(state_->database, run_id, with_samples); });
}

Record Store::record(const std::string& run_id, std::int64_t ordinal) const {
  return state_->read("reading a record", [&] {
    Record record = read_records(state_->database, run_id, true, {ordinal, ordinal}).at(0);
    Query row = state_->database.query(
        "SELECT trace FROM traces JOIN records ON key = record_key WHERE id = ?");
    row.bind(record.id);
    if (row.step()) {
      const auto bytes = row.blob(0);
      record.measurement.trace.assign(bytes.begin(), bytes.end());
    }
    return record;
  });
}

RunWithRecords Store::whole_run(const std::string& run_id, bool with_samples) const {
  return state_->read("reading a run", [&] {
    return RunWithRecords{read_run(state_->database, run_id),
                          read_records(state_->database, run_id, with_samples),
                          read_planned(state_->database, run_id)};
  });
}

std::vector<Case> Store::known_cases() const {
  return state_->during("listing cases", [&] {
    Query row = state_->database.query("SELECT json FROM cases ORDER BY label, hash");
    std::vector<Case> cases;
    while (row.step()) cases.push_back(case_from_json(row.text(0)));
    return cases;
  });
}

std::vector<Run> Store::runs() const {
  return state_->during("listing runs", [&] {
    Query row = state_->database.query(
        fmt::format("SELECT {} FROM runs ORDER BY started_unix_ns DESC, id DESC", run_columns()));
    std::vector<Run> runs;
    while (row.step()) runs.push_back(read_run_columns(row));
    return runs;
  });
}

std::vector<RecordKey> Store::newest_records(const std::vector<std::string>& run_ids,
                                             const std::function<bool(const Case&)>& wanted) const {
  return state_->read("looking for records", [&] {
    std::unordered_map<std::string, const std::string*> run_of;  // by case hash
    std::vector<RecordKey> keys;
    for (const std::string& run_id : run_ids) {
      Query row = state_->database.query(
          "SELECT ordinal, case_hash, json FROM records JOIN cases ON hash = case_hash "
          "WHERE run_id = ? ORDER BY ordinal");
      row.bind(run_id);
      while (row.step()) {
        // A run may have a case more than once: all of them are its newest.
        if (run_of.try_emplace(row.text(1), &run_id).first->second != &run_id) continue;
        if (!wanted(case_from_json(row.text(2)))) continue;
        keys.push_back({run_id, row.integer(0)});
      }
    }
    return keys;
  });
}

std::optional<std::string> Store::find_answer(std::string_view key) const {
  return state_->during("reading an answer", [&]() -> std::optional<std::string> {
    Query row = state_->database.query("SELECT value FROM answers WHERE key = ?");
    row.bind(key);
    if (!row.step()) return std::nullopt;
    const auto bytes = row.blob(0);
    return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  });
}

void Store::put_answer(std::string_view key, std::string_view value) {
  state_->write("storing an answer", [&] {
    state_->database.query("INSERT OR IGNORE INTO answers (key, value) VALUES (?, ?)")
        .bind(key, std::as_bytes(std::span(value)))
        .run();
  });
}

MergeReport Store::merge_from(const std::filesystem::path& other) {
  return state_->during("merging " + other.string(), [&] {
    return merge_databases(state_->database, other, other.string(), state_->options);
  });
}

MergeReport Store::merge_run(const RunWithRecords& data, std::string_view origin) {
  return merge_run(RecordStream{data.run, data.planned,
                                [&](const RecordSink& sink) {
                                  for (const Record& record : data.records) sink(record);
                                }},
                   origin);
}

MergeReport Store::merge_run(const RecordStream& stream, std::string_view origin) {
  const std::string doing = fmt::format("importing {}", origin);
  if (stream.id_follows_from_content) {
    const auto known = state_->read(
        doing, [&] { return records_of_complete_import(state_->database, stream.run.id); });
    if (known) return {.runs_known = 1, .records_known = *known, .recognised = true};
  }
  const auto added = state_->during(doing, [&] { return add_run(state_->database, stream); });
  if (added) return {.runs_added = 1, .records_added = *added};
  // What is known already in part: as a database of its own, so that there is one set of rules.
  const ScratchFile scratch;
  {
    const Store store(scratch.path(), OpenMode::read_write, state_->options);
    Database& database = store.state_->database;
    database.execute("PRAGMA synchronous = OFF");  // thrown away in a moment
    const BulkWriting bulk(database);
    store.state_->write(doing, [&] { write_whole_run(database, stream, Places::looked_at); });
  }
  return state_->during(doing, [&] {
    return merge_databases(state_->database, scratch.path(), origin, state_->options);
  });
}

void Store::backup_to(const std::filesystem::path& target) const {
  copy_database(path(), target, state_->options.busy_timeout);
}

void Store::back_up(const std::filesystem::path& path, const std::filesystem::path& target,
                    const StoreOptions& options) {
  static_cast<void>(schema_version_of(path, options));
  copy_database(path, target, options.busy_timeout);
}

std::string Store::check_integrity() const {
  Database& database = state_->database;
  return state_->read("checking it", [&]() -> std::string {
    std::string problem = structure_problem(database);
    if (problem != "ok") return problem;
    Query series = database.query(
        "SELECT id, name, codec, count, samples, process_counts FROM series "
        "JOIN records ON key = record_key");
    while (series.step()) {
      try {
        static_cast<void>(counts_from_text(series.text(5), series.integer(3)));
        static_cast<void>(
            decode_samples(static_cast<int>(series.integer(2)), series.integer(3), series.blob(4)));
      } catch (const Error& error) {
        return fmt::format("record {} series {}: {}", series.text(0), series.text(1), error.what());
      }
    }
    Query trace = database.query("SELECT id, trace FROM traces JOIN records ON key = record_key");
    while (trace.step()) {
      try {
        static_cast<void>(check_trace(trace.blob(1)));
      } catch (const Error& error) {
        return fmt::format("record {}: {}", trace.text(0), error.what());
      }
    }
    return "ok";
  });
}

std::filesystem::path default_database_path() {
  namespace fs = std::filesystem;
  const auto folder_in = [](const char* variable) -> fs::path {
    const char* value = std::getenv(variable);
    // The XDG rules: a relative path is not valid and is ignored.
    return value != nullptr && fs::path(value).is_absolute() ? fs::path(value) : fs::path();
  };
  fs::path data = folder_in("XDG_DATA_HOME");
  if (data.empty()) {
    const fs::path home = folder_in("HOME");
    if (home.empty()) {
      throw Error("no home folder for the database: set HOME or XDG_DATA_HOME, or give --db FILE");
    }
    data = home / ".local" / "share";
  }
  return data / "ridgepoint" / "ridgepoint.db";
}

std::string new_uuid() {
  uuid_t bytes;
  uuid_generate_random(bytes);
  char text[UUID_STR_LEN];
  uuid_unparse_lower(bytes, text);
  return text;
}

}  // namespace ridgepoint
