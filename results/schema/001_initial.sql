-- The first schema. docs/formats.md describes every table and column; keep the two together.
-- Times called _unix_ns are nanoseconds since 1970-01-01 UTC; other _ns are durations.
-- Integers and reals are 64 bits wide. JSON is canonical: sorted keys, no spaces.

CREATE TABLE environments (
  hash TEXT NOT NULL PRIMARY KEY,
  json TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
  id TEXT NOT NULL PRIMARY KEY,
  label TEXT NOT NULL,
  suite TEXT NOT NULL,
  command TEXT NOT NULL,
  tool_version TEXT NOT NULL,
  git_commit TEXT NOT NULL,
  git_branch TEXT NOT NULL,
  git_dirty INTEGER NOT NULL CHECK (git_dirty IN (0, 1)),
  status TEXT NOT NULL CHECK (status IN ('running', 'finished', 'interrupted')),
  started_unix_ns INTEGER NOT NULL,
  finished_unix_ns INTEGER NOT NULL,
  harness_floor_ns INTEGER NOT NULL,
  environment_hash TEXT REFERENCES environments (hash),
  options TEXT NOT NULL,
  conditions_before TEXT NOT NULL,
  conditions_after TEXT NOT NULL
) STRICT;
CREATE INDEX runs_by_start ON runs (started_unix_ns, id);
CREATE INDEX runs_by_label ON runs (label, started_unix_ns);

CREATE TABLE cases (
  hash TEXT NOT NULL PRIMARY KEY,
  json TEXT NOT NULL,
  label TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE run_cases (
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  ordinal INTEGER NOT NULL,
  case_hash TEXT NOT NULL REFERENCES cases (hash),
  PRIMARY KEY (run_id, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE records (
  id TEXT NOT NULL PRIMARY KEY,
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
CREATE INDEX records_by_outcome ON records (run_id, outcome);
CREATE INDEX records_by_case ON records (case_hash, started_unix_ns);

CREATE TABLE series (
  record_id TEXT NOT NULL REFERENCES records (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  position INTEGER NOT NULL,
  unit TEXT NOT NULL,
  codec INTEGER NOT NULL,
  count INTEGER NOT NULL CHECK (count >= 0),
  samples BLOB NOT NULL,
  PRIMARY KEY (record_id, name)
) STRICT;

-- A value that is NULL was measured and is not a number.
CREATE TABLE metrics (
  record_id TEXT NOT NULL REFERENCES records (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  value REAL,
  PRIMARY KEY (record_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE answers (
  key TEXT NOT NULL PRIMARY KEY,
  value BLOB NOT NULL
) STRICT;
