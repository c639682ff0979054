-- What people say of a run afterwards. The run itself never changes by it.

-- A tag that was taken off keeps its row: merging an older copy must not bring it back.
CREATE TABLE run_tags (
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  tag TEXT NOT NULL CHECK (tag <> ''),
  present INTEGER NOT NULL CHECK (present IN (0, 1)),
  changed_unix_ns INTEGER NOT NULL,
  PRIMARY KEY (run_id, tag)
) STRICT, WITHOUT ROWID;

-- An empty note was taken away.
CREATE TABLE run_notes (
  run_id TEXT NOT NULL PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
  note TEXT NOT NULL,
  changed_unix_ns INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
