-- What belongs to a record refers to it by a small number, and metrics have their names once: a
-- million imported records take a third less room, and their rows are always appended.

CREATE TABLE new_records (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  run_id TEXT NOT NULL,
  ordinal INTEGER NOT NULL,
  case_hash TEXT NOT NULL REFERENCES cases (hash),
  outcome TEXT NOT NULL,
  reason TEXT NOT NULL CHECK (outcome = 'ok' OR reason <> ''),
  started_unix_ns INTEGER NOT NULL,
  duration_ns INTEGER NOT NULL,
  details TEXT NOT NULL,
  UNIQUE (run_id, ordinal),
  FOREIGN KEY (run_id, ordinal) REFERENCES run_cases (run_id, ordinal) ON DELETE CASCADE
) STRICT;
INSERT INTO new_records (id, run_id, ordinal, case_hash, outcome, reason, started_unix_ns,
  duration_ns, details)
  SELECT id, run_id, ordinal, case_hash, outcome, reason, started_unix_ns, duration_ns, details
  FROM records ORDER BY rowid;

CREATE TABLE metric_names (
  key INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO metric_names (name) SELECT DISTINCT name FROM metrics ORDER BY name;

-- A value that is NULL was measured and is not a number.
CREATE TABLE metric_values (
  record_key INTEGER NOT NULL REFERENCES records (key) ON DELETE CASCADE,
  name_key INTEGER NOT NULL REFERENCES metric_names (key),
  value REAL,
  PRIMARY KEY (record_key, name_key)
) STRICT, WITHOUT ROWID;
INSERT INTO metric_values (record_key, name_key, value)
  SELECT new_records.key, metric_names.key, metrics.value FROM metrics
  JOIN new_records ON new_records.id = metrics.record_id
  JOIN metric_names ON metric_names.name = metrics.name;
DROP TABLE metrics;

CREATE TABLE new_series (
  record_key INTEGER NOT NULL REFERENCES records (key) ON DELETE CASCADE,
  name TEXT NOT NULL,
  position INTEGER NOT NULL,
  unit TEXT NOT NULL,
  codec INTEGER NOT NULL,
  count INTEGER NOT NULL CHECK (count >= 0),
  process_counts TEXT NOT NULL DEFAULT '[]',
  samples BLOB NOT NULL,
  PRIMARY KEY (record_key, name)
) STRICT, WITHOUT ROWID;
INSERT INTO new_series (record_key, name, position, unit, codec, count, process_counts, samples)
  SELECT new_records.key, name, position, unit, codec, count, process_counts, samples FROM series
  JOIN new_records ON new_records.id = record_id;
DROP TABLE series;
ALTER TABLE new_series RENAME TO series;

CREATE TABLE new_op_times (
  record_key INTEGER NOT NULL REFERENCES records (key) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  phase TEXT NOT NULL,
  op_id TEXT NOT NULL,
  op TEXT NOT NULL,
  time_ns INTEGER NOT NULL,
  passes INTEGER NOT NULL,
  work_flops REAL NOT NULL,
  work_bytes REAL NOT NULL,
  PRIMARY KEY (record_key, position)
) STRICT, WITHOUT ROWID;
INSERT INTO new_op_times (record_key, position, phase, op_id, op, time_ns, passes, work_flops,
  work_bytes)
  SELECT new_records.key, position, phase, op_id, op, time_ns, passes, work_flops, work_bytes
  FROM op_times JOIN new_records ON new_records.id = record_id;
DROP TABLE op_times;
ALTER TABLE new_op_times RENAME TO op_times;

DROP TABLE records;
ALTER TABLE new_records RENAME TO records;
CREATE INDEX records_by_case ON records (case_hash, started_unix_ns);
-- Almost every record is ok: only the others are looked for.
CREATE INDEX records_not_ok ON records (run_id, outcome) WHERE outcome <> 'ok';

-- For people and their queries.
CREATE VIEW metrics AS
  SELECT records.id AS record_id, metric_names.name AS name, metric_values.value AS value
  FROM metric_values
  JOIN records ON records.key = metric_values.record_key
  JOIN metric_names ON metric_names.key = metric_values.name_key;
