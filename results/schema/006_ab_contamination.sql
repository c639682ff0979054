-- What the kernel counted for each arm of a pair, and how the machine's clock was.

ALTER TABLE ab_pairs ADD COLUMN throttles INTEGER NOT NULL DEFAULT 0;
-- JSON objects: duration_ns, involuntary_switches, major_faults, clock_khz.
ALTER TABLE ab_pairs ADD COLUMN a_conditions TEXT NOT NULL DEFAULT '{}';
ALTER TABLE ab_pairs ADD COLUMN b_conditions TEXT NOT NULL DEFAULT '{}';
