#include "results/store/merge.h"

#include <fmt/format.h>

#include <optional>
#include <system_error>
#include <utility>

#include "results/store/marks_rows.h"
#include "results/store/open_database.h"
#include "results/store/process_counts.h"
#include "results/store/sample_codec.h"
#include "results/store/scratch_file.h"
#include "results/store/trace_codec.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

namespace fs = std::filesystem;

/// The other database under the name `other`, for reading.
class Attachment {
 public:
  Attachment(Database& database, const std::string& uri) : database_(database) {
    database_.query("ATTACH ? AS other").bind(uri).run();
  }
  ~Attachment() {
    try {
      database_.execute("DETACH other");
    } catch (const SQLite::Exception&) {
      // Only what already failed leaves something open here; the connection closes with the store.
    }
  }
  Attachment(const Attachment&) = delete;
  Attachment& operator=(const Attachment&) = delete;

 private:
  Database& database_;
};

/// A merge in progress: `main` is ours, `other` theirs. Holds the write transaction.
class Merge {
 public:
  Merge(Database& database, std::string_view shown) : database_(database), shown_(shown) {}

  MergeReport run() {
    SQLite::Transaction transaction(database_.connection(), SQLite::TransactionBehavior::IMMEDIATE);
    refuse_other_environments_and_cases();
    note_runs_dated_by_file();
    refuse_other_runs();
    note_shared_and_new_records();
    refuse_other_records();
    refuse_damaged_samples();
    const MergeReport report = count();
    copy_runs();
    copy_records();
    copy_ab_sessions();
    database_.execute(merge_marks_sql());
    database_.execute(
        "INSERT OR IGNORE INTO main.answers (key, value) SELECT key, value FROM other.answers;"
        "INSERT OR REPLACE INTO main.imports (run_id, records) SELECT run_id, records FROM "
        "other.imports;"
        "DROP TABLE temp.shared_records; DROP TABLE temp.new_records; "
        "DROP TABLE temp.dated_by_file;");
    transaction.commit();
    return report;
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw Error(
        fmt::format("{} cannot be merged into {}: {}; nothing was changed: one of the two "
                    "was altered, leave it out",
                    shown_, database_.path().string(), what));
  }

  /// `sql` selects the id of a conflicting row, if there is one.
  void refuse_if_any(const char* what, const std::string& sql) {
    Query row = database_.query(sql + " LIMIT 1");
    if (row.step()) refuse(fmt::format("{} {} has other contents here", what, row.text(0)));
  }

  void refuse_other_environments_and_cases() {
    for (const auto& [table, what] :
         {std::pair("environments", "environment"), std::pair("cases", "case")}) {
      refuse_if_any(what, fmt::format("SELECT hash FROM other.{0} AS theirs JOIN main.{0} AS mine "
                                      "USING (hash) WHERE theirs.json <> mine.json",
                                      table));
    }
  }

  /// Copies of one file may have been written at different times: dates of theirs are no contents.
  void note_runs_dated_by_file() {
    const auto dated = [](std::string_view run) {
      return fmt::format("json_extract({}.conditions_before, '$.{}') = '{}'", run, kDatedBy,
                         kDatedByFile);
    };
    database_.execute(fmt::format(
        "CREATE TEMP TABLE dated_by_file AS SELECT id FROM other.runs AS theirs JOIN main.runs AS "
        "mine USING (id) WHERE json_valid(theirs.conditions_before) AND "
        "json_valid(mine.conditions_before) AND {} AND {}",
        dated("theirs"), dated("mine")));
  }

  /// SQL for when a run, or a record of it, began, as far as that is content.
  static std::string start_of(std::string_view table, std::string_view run_id) {
    return fmt::format(
        "iif({0}.{1} IN (SELECT id FROM temp.dated_by_file), 0, {0}.started_unix_ns)", table,
        run_id);
  }

  void refuse_other_runs() {
    // What moves while a run goes on (status, end, conditions after) is not compared.
    refuse_if_any(
        "run",
        fmt::format(
            "SELECT id FROM other.runs AS theirs JOIN main.runs AS mine USING (id) WHERE "
            "(theirs.label, theirs.suite, theirs.command, theirs.tool_version, theirs.git_commit, "
            "theirs.git_branch, theirs.git_dirty, {}, theirs.harness_floor_ns, "
            "theirs.options, theirs.conditions_before, coalesce(theirs.environment_hash, '')) <> "
            "(mine.label, mine.suite, mine.command, mine.tool_version, mine.git_commit, "
            "mine.git_branch, mine.git_dirty, {}, mine.harness_floor_ns, "
            "mine.options, mine.conditions_before, coalesce(mine.environment_hash, ''))",
            start_of("theirs", "id"), start_of("mine", "id")));
    refuse_if_any("the plan of run",
                  "SELECT run_id FROM other.run_cases AS theirs JOIN main.run_cases AS mine "
                  "USING (run_id, ordinal) WHERE theirs.case_hash <> mine.case_hash");
  }

  void note_shared_and_new_records() {
    // A record of an interrupted case gives way to one that is not, or that came later; a record of
    // a case that was measured again, to the later one.
    database_.execute(fmt::format(
        "INSERT OR IGNORE INTO main.metric_names (name) SELECT name FROM other.metric_names;"
        "CREATE TEMP TABLE metric_names_of_both AS SELECT theirs.key AS other_key, mine.key AS "
        "main_key FROM other.metric_names AS theirs JOIN main.metric_names AS mine USING (name);"
        "CREATE TEMP TABLE shared_records AS SELECT id, theirs.key AS other_key, mine.key AS "
        "main_key FROM other.records AS theirs JOIN main.records AS mine USING (id);"
        "CREATE TEMP TABLE new_records AS SELECT theirs.id, theirs.key AS other_key, "
        "mine.id AS yielding "
        "FROM other.records AS theirs LEFT JOIN main.records AS mine USING (run_id, ordinal) "
        "WHERE mine.id IS NULL OR (mine.id <> theirs.id AND ({1} = mine.id OR "
        "(mine.outcome = '{0}' AND (theirs.outcome <> '{0}' OR "
        "theirs.started_unix_ns > mine.started_unix_ns))));",
        name_of(Outcome::interrupted), replaced_by("theirs")));
  }

  /// SQL for the id of the record that this one took the place of, or NULL. Details of imports may
  /// hold any text.
  static std::string replaced_by(std::string_view record) {
    return fmt::format(
        "CASE WHEN json_valid({0}.details) THEN json_extract({0}.details, "
        "'$.remeasured.replaces') END",
        record);
  }

  void refuse_other_records() {
    refuse_if_any(
        "record",
        fmt::format("SELECT id FROM other.records AS theirs JOIN main.records AS mine USING (id) "
                    "WHERE (theirs.run_id, theirs.ordinal, theirs.case_hash, theirs.outcome, "
                    "theirs.reason, {}, theirs.duration_ns, theirs.details) <> "
                    "(mine.run_id, mine.ordinal, mine.case_hash, mine.outcome, mine.reason, "
                    "{}, mine.duration_ns, mine.details)",
                    start_of("theirs", "run_id"), start_of("mine", "run_id")));
    Query twice = database_.query(fmt::format(
        "SELECT theirs.run_id, theirs.ordinal FROM other.records AS theirs JOIN main.records AS "
        "mine USING (run_id, ordinal) WHERE theirs.id <> mine.id AND theirs.outcome <> '{0}' AND "
        "mine.outcome <> '{0}' AND {1} IS NOT mine.id AND {2} IS NOT theirs.id LIMIT 1",
        name_of(Outcome::interrupted), replaced_by("theirs"), replaced_by("mine")));
    if (twice.step()) {
      refuse(fmt::format("case {} of run {} was measured twice, by two processes that resumed it",
                         twice.integer(1), twice.text(0)));
    }
    for (const auto& [left, right] : {std::pair("other", "main"), std::pair("main", "other")}) {
      refuse_if_any("a metric of record",
                    fmt::format("SELECT id FROM temp.shared_records CROSS JOIN {0}.metric_values "
                                "AS a ON a.record_key = {0}_key WHERE NOT EXISTS (SELECT 1 FROM "
                                "{1}.metric_values AS b WHERE b.record_key = {1}_key AND "
                                "b.name_key = (SELECT names.{1}_key FROM "
                                "temp.metric_names_of_both AS names WHERE names.{0}_key = "
                                "a.name_key) AND b.value IS a.value)",
                                left, right));
      refuse_if_any("a series of record",
                    fmt::format("SELECT id FROM temp.shared_records CROSS JOIN {0}.series AS a ON "
                                "a.record_key = {0}_key WHERE NOT EXISTS (SELECT 1 FROM "
                                "{1}.series AS b "
                                "WHERE b.record_key = {1}_key AND (b.name, b.position, b.unit, "
                                "b.count, b.process_counts) = (a.name, a.position, a.unit, "
                                "a.count, a.process_counts))",
                                left, right));
      refuse_if_any("an op of record",
                    fmt::format("SELECT id FROM temp.shared_records CROSS JOIN {0}.op_times AS a "
                                "ON a.record_key = {0}_key WHERE NOT EXISTS (SELECT 1 FROM "
                                "{1}.op_times AS b "
                                "WHERE b.record_key = {1}_key AND (b.position, b.phase, b.op_id, "
                                "b.op, b.time_ns, b.passes, b.work_flops, b.work_bytes, "
                                "b.weight_bytes, b.kv_bytes, b.activation_bytes, b.weight_type, "
                                "b.low_ns, b.high_ns) = (a.position, a.phase, a.op_id, a.op, "
                                "a.time_ns, a.passes, a.work_flops, a.work_bytes, a.weight_bytes, "
                                "a.kv_bytes, a.activation_bytes, a.weight_type, a.low_ns, "
                                "a.high_ns))",
                                left, right));
    }
    refuse_other_samples();
  }

  /// Blobs may differ and mean the same: another version of zstd packs differently.
  void refuse_other_samples() {
    Query row = database_.query(
        "SELECT id, theirs.codec, theirs.count, theirs.samples, mine.codec, mine.samples "
        "FROM temp.shared_records CROSS JOIN other.series AS theirs ON theirs.record_key = "
        "other_key JOIN main.series AS mine ON mine.record_key = main_key AND mine.name = "
        "theirs.name "
        "WHERE theirs.samples <> mine.samples OR theirs.codec <> mine.codec");
    while (row.step()) {
      const auto theirs =
          decode_samples(static_cast<int>(row.integer(1)), row.integer(2), row.blob(3));
      const auto mine =
          decode_samples(static_cast<int>(row.integer(4)), row.integer(2), row.blob(5));
      if (theirs != mine) refuse(fmt::format("record {} has other samples here", row.text(0)));
    }
  }

  /// A copy would spread the damage, and shut out the sound record where that is later merged.
  void refuse_damaged_samples() {
    const auto look = [&](const char* sql, auto&& decode) {
      Query row = database_.query(sql);
      while (row.step()) {
        try {
          decode(row);
        } catch (const Error& error) {
          throw Error(
              fmt::format("{} cannot be merged into {}: record {}: {}; nothing was changed: merge "
                          "a backup of it",
                          shown_, database_.path().string(), row.text(0), error.what()));
        }
      }
    };
    look(
        "SELECT id, codec, count, samples, process_counts FROM temp.new_records CROSS JOIN "
        "other.series ON record_key = other_key",
        [decoder = SampleDecoder()](Query& row) mutable {
          static_cast<void>(counts_from_text(row.text(4), row.integer(2)));
          static_cast<void>(
              decoder.decode(static_cast<int>(row.integer(1)), row.integer(2), row.blob(3)));
        });
    look("SELECT id, trace FROM temp.new_records CROSS JOIN other.traces ON record_key = other_key",
         [](Query& row) { static_cast<void>(check_trace(row.blob(1))); });
  }

  MergeReport count() {
    MergeReport report;
    report.runs_known =
        database_.integer("SELECT count(*) FROM other.runs WHERE id IN (SELECT id FROM main.runs)");
    report.runs_added = database_.integer("SELECT count(*) FROM other.runs") - report.runs_known;
    report.records_added = database_.integer("SELECT count(*) FROM temp.new_records");
    report.records_known =
        database_.integer("SELECT count(*) FROM other.records") - report.records_added;
    return report;
  }

  void copy_runs() {
    for (const char* table : {"environments", "cases", "runs", "run_cases"}) {
      // Columns by name: a migrated file and a new one may hold them in another order.
      const std::string columns = columns_of(table);
      database_.execute(fmt::format(
          "INSERT OR IGNORE INTO main.{0} ({1}) SELECT {1} FROM other.{0}", table, columns));
    }
    // A run that has gone on since: finished is further than interrupted, that than running.
    const std::string rank =
        "CASE {}.status WHEN 'finished' THEN 2 WHEN 'interrupted' THEN 1 ELSE 0 END";
    database_.execute(fmt::format(
        "UPDATE main.runs AS mine SET (status, finished_unix_ns, conditions_after) = "
        "(theirs.status, theirs.finished_unix_ns, theirs.conditions_after) "
        "FROM other.runs AS theirs WHERE theirs.id = mine.id AND "
        "mine.id NOT IN (SELECT id FROM temp.dated_by_file) AND "
        "({}, theirs.finished_unix_ns) > ({}, mine.finished_unix_ns)",
        fmt::format(fmt::runtime(rank), "theirs"), fmt::format(fmt::runtime(rank), "mine")));
  }

  void copy_records() {
    database_.execute(
        "DELETE FROM main.records WHERE id IN (SELECT yielding FROM temp.new_records)");
    // Keys are of one database only: each record gets a new one here.
    const std::string columns = columns_of("records", "key");
    database_.execute(
        fmt::format("INSERT INTO main.records ({0}) SELECT {0} FROM other.records WHERE key IN "
                    "(SELECT other_key FROM temp.new_records) ORDER BY key",
                    columns));
    database_.execute(
        "CREATE TEMP TABLE copied_records AS SELECT other_key, mine.key AS main_key FROM "
        "temp.new_records JOIN main.records AS mine USING (id) ORDER BY mine.key");
    for (const char* table : {"series", "op_times", "traces"}) {
      database_.execute(
          fmt::format("INSERT INTO main.{0} (record_key, {1}) SELECT main_key, {1} FROM "
                      "temp.copied_records CROSS JOIN other.{0} ON record_key = other_key",
                      table, columns_of(table, "record_key")));
    }
    database_.execute(
        "INSERT INTO main.metric_values (record_key, name_key, value) SELECT record.main_key, "
        "names.main_key, value FROM temp.copied_records AS record CROSS JOIN other.metric_values "
        "ON record_key = record.other_key JOIN temp.metric_names_of_both AS names ON "
        "names.other_key = name_key;"
        "DROP TABLE temp.copied_records; DROP TABLE temp.metric_names_of_both;");
  }

  /// Pairs never change once stored; the session that has more of them knows its verdict best.
  void copy_ab_sessions() {
    refuse_if_any("A/B session",
                  "SELECT id FROM other.ab_sessions AS theirs JOIN main.ab_sessions AS mine USING "
                  "(id) WHERE (theirs.arm_a, theirs.arm_b, theirs.started_unix_ns) <> (mine.arm_a, "
                  "mine.arm_b, mine.started_unix_ns)");
    refuse_if_any(
        "a pair of A/B session",
        "SELECT session_id FROM other.ab_pairs AS theirs JOIN main.ab_pairs AS mine USING "
        "(session_id, ordinal) WHERE (theirs.b_first, theirs.started_unix_ns, theirs.a, "
        "theirs.b) <> (mine.b_first, mine.started_unix_ns, mine.a, mine.b)");
    database_.execute(fmt::format(
        "INSERT OR IGNORE INTO main.ab_sessions ({0}) SELECT {0} FROM other.ab_sessions;"
        "UPDATE main.ab_sessions AS mine SET (status, verdict, reason, cause, finished_unix_ns, "
        "figures) "
        "= "
        "(theirs.status, theirs.verdict, theirs.reason, theirs.cause, theirs.finished_unix_ns, "
        "theirs.figures) "
        "FROM other.ab_sessions AS theirs WHERE theirs.id = mine.id AND "
        "(SELECT count(*) FROM other.ab_pairs WHERE session_id = mine.id) > "
        "(SELECT count(*) FROM main.ab_pairs WHERE session_id = mine.id);",
        columns_of("ab_sessions")));
    database_.execute(
        fmt::format("INSERT OR IGNORE INTO main.ab_pairs ({0}) SELECT {0} FROM other.ab_pairs",
                    columns_of("ab_pairs")));
  }

  std::string columns_of(const char* table, const char* without = "") {
    Query row = database_.query(
        "SELECT name FROM pragma_table_info(?, 'main') WHERE name <> ? ORDER BY cid");
    row.bind(table, without);
    std::string columns;
    while (row.step()) columns += (columns.empty() ? "" : ", ") + row.text(0);
    return columns;
  }

  Database& database_;
  std::string shown_;
};

}  // namespace

MergeReport merge_databases(Database& database, const fs::path& other, std::string_view shown,
                            const StoreOptions& options) {
  std::error_code ignored;
  if (fs::equivalent(other, database.path(), ignored)) {
    throw Error(fmt::format("{} is the database itself; name another one to merge", shown));
  }
  const std::int64_t version = schema_version_of(other, options);
  std::optional<ScratchFile> migrated;
  if (version < database.integer("PRAGMA main.user_version")) {
    migrated.emplace();
    copy_migrated(other, migrated->path(), options);
  }
  // Kept open while attached, so that what it found out about its media still holds.
  const Database reader(migrated ? migrated->path() : other, OpenMode::read_only,
                        options.busy_timeout);
  const Attachment attachment(database, reader.reading_uri());
  return Merge(database, shown).run();
}

}  // namespace ridgepoint
