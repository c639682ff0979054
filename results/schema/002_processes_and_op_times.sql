-- Which process took which samples, and what single ops did.

-- A JSON list of integers, in the order of the processes; empty: one process took them all.
ALTER TABLE series ADD COLUMN process_counts TEXT NOT NULL DEFAULT '[]';

CREATE TABLE op_times (
  record_id TEXT NOT NULL REFERENCES records (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  phase TEXT NOT NULL,
  op_id TEXT NOT NULL,
  op TEXT NOT NULL,
  time_ns INTEGER NOT NULL,
  passes INTEGER NOT NULL,
  work_flops REAL NOT NULL,
  work_bytes REAL NOT NULL,
  PRIMARY KEY (record_id, position)
) STRICT, WITHOUT ROWID;
