-- Imports that are complete: what tells a run that is known already from a part of one.

-- Written last, in the transaction that wrote the records.
CREATE TABLE imports (
  run_id TEXT NOT NULL PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
  records INTEGER NOT NULL CHECK (records >= 0)
) STRICT, WITHOUT ROWID;
