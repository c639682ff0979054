-- Spans of traced passes, packed: one blob a record (results/store/trace_codec.h).

CREATE TABLE traces (
  record_key INTEGER NOT NULL PRIMARY KEY REFERENCES records (key) ON DELETE CASCADE,
  spans INTEGER NOT NULL CHECK (spans >= 0),
  trace BLOB NOT NULL
) STRICT;
