-- A/B sessions: two arms, pair after pair. docs/formats.md describes every column.

CREATE TABLE ab_sessions (
  id TEXT NOT NULL PRIMARY KEY,
  label TEXT NOT NULL,
  command TEXT NOT NULL,
  arm_a TEXT NOT NULL,
  arm_b TEXT NOT NULL,
  options TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('running', 'finished', 'interrupted')),
  verdict TEXT NOT NULL,
  reason TEXT NOT NULL,
  cause TEXT NOT NULL,
  started_unix_ns INTEGER NOT NULL,
  finished_unix_ns INTEGER NOT NULL,
  environment_hash TEXT REFERENCES environments (hash),
  figures TEXT NOT NULL
) STRICT;
CREATE INDEX ab_sessions_by_start ON ab_sessions (started_unix_ns, id);

-- Values are JSON lists of numbers, one a figure of the session.
CREATE TABLE ab_pairs (
  session_id TEXT NOT NULL REFERENCES ab_sessions (id) ON DELETE CASCADE,
  ordinal INTEGER NOT NULL,
  b_first INTEGER NOT NULL CHECK (b_first IN (0, 1)),
  started_unix_ns INTEGER NOT NULL,
  duration_ns INTEGER NOT NULL,
  a TEXT NOT NULL,
  b TEXT NOT NULL,
  a_least TEXT NOT NULL,
  b_least TEXT NOT NULL,
  steal_share REAL NOT NULL,
  involuntary_switches INTEGER NOT NULL,
  major_faults INTEGER NOT NULL,
  dropped TEXT NOT NULL,
  PRIMARY KEY (session_id, ordinal)
) STRICT, WITHOUT ROWID;
