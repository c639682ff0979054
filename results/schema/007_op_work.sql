-- What an op must move by class, what type its weights have, and how well its time is known.

ALTER TABLE op_times ADD COLUMN weight_bytes REAL NOT NULL DEFAULT 0;
ALTER TABLE op_times ADD COLUMN kv_bytes REAL NOT NULL DEFAULT 0;
ALTER TABLE op_times ADD COLUMN activation_bytes REAL NOT NULL DEFAULT 0;
ALTER TABLE op_times ADD COLUMN weight_type TEXT NOT NULL DEFAULT '';
ALTER TABLE op_times ADD COLUMN low_ns INTEGER NOT NULL DEFAULT 0;
ALTER TABLE op_times ADD COLUMN high_ns INTEGER NOT NULL DEFAULT 0;
