#!/usr/bin/env python3
"""Holds the figures of `ridgepoint roofline --quick` against those of a full run.

usage: compare-quick.py PROGRAM [--pairs N] [--largest-mib N] [--threads N] [--keep FOLDER]
       compare-quick.py --files QUICK.json... --against FULL.json...

Runs quick and full in turn (quick, full, full, quick, ...), so that a machine that moves over minutes moves
both. For each ceiling: quick over full, each the median over its runs, and beside it how far apart full runs lie
among themselves, which nothing measured here can be nearer than. Levels are held against each other where
the working sets that they were found over overlap. Exits 1 when a figure is off by more than 5 % and by
more than full runs are among themselves.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

WITHIN = 0.05


def run(program, quick, options):
    arguments = [program, "roofline", "--format", "json"] + (["--quick"] if quick else []) + options
    with tempfile.TemporaryDirectory() as folder:
        environment = dict(os.environ, XDG_DATA_HOME=folder)
        done = subprocess.run(arguments, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def key_of(ceiling):
    return tuple(ceiling.get(field) for field in ("kind", "what", "threads", "streams", "unit"))


def overlap(a, b):
    """Of two ranges of sizes, as the factor that they share; 1 is none."""
    if not a.get("from_bytes") or not b.get("from_bytes"):
        return 2.0
    return min(a["to_bytes"], b["to_bytes"]) / max(a["from_bytes"], b["from_bytes"])


def partner_of(ceiling, run_json):
    """The ceiling of another run that stands for the same, or None."""
    same = [other for other in run_json["ceilings"]
            if key_of(other) == key_of(ceiling) and other.get("value") and
            (other.get("level") == "outermost") == (ceiling.get("level") == "outermost")]
    same = [other for other in same if overlap(other, ceiling) > 1]
    return max(same, key=lambda other: overlap(other, ceiling), default=None)


def name_of(ceiling):
    words = [ceiling["what"]]
    if ceiling.get("level"):
        words.append(ceiling["level"] if ceiling["level"] == "outermost" else "level " + ceiling["level"])
    words.append(f"{ceiling.get('threads', 1)} threads")
    if ceiling.get("streams"):
        words.append(f"{ceiling['streams']} streams")
    return ", ".join(words)


def compare(quick_runs, full_runs):
    rows = []
    for ceiling in full_runs[0]["ceilings"]:
        if not ceiling.get("value"):
            continue
        full = [c["value"] for c in [partner_of(ceiling, r) for r in full_runs] if c]
        quick = [c["value"] for c in [partner_of(ceiling, r) for r in quick_runs] if c]
        if not quick:
            rows.append((name_of(ceiling), None, None))
            continue
        spread = max(full) / min(full) - 1
        rows.append((name_of(ceiling), statistics.median(quick) / statistics.median(full) - 1, spread))
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", nargs="?")
    parser.add_argument("--pairs", type=int, default=2)
    parser.add_argument("--largest-mib", type=int, default=0)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--keep", help="folder for the runs' JSON")
    parser.add_argument("--files", nargs="+", default=[])
    parser.add_argument("--against", nargs="+", default=[])
    arguments = parser.parse_args()
    if arguments.files:
        quick, full = ([json.load(open(path)) for path in paths] for paths in (arguments.files, arguments.against))
    elif arguments.program:
        options = []
        if arguments.largest_mib:
            options += ["--largest-mib", str(arguments.largest_mib)]
        if arguments.threads:
            options += ["--threads", str(arguments.threads)]
        quick, full = [], []
        for pair in range(arguments.pairs):
            for is_quick in (True, False) if pair % 2 == 0 else (False, True):
                result = run(arguments.program, is_quick, options)
                (quick if is_quick else full).append(result)
                kind = "quick" if is_quick else "full"
                print(f"{kind}: {result['conditions']['seconds']:.0f} s", file=sys.stderr)
                if arguments.keep:
                    with open(os.path.join(arguments.keep, f"{kind}-{pair}.json"), "w") as file:
                        json.dump(result, file)
    else:
        parser.error("give a program, or --files and --against")
    rows = compare(quick, full)
    outside = 0
    for name, off, spread in rows:
        if off is None:
            print(f"{name:<44} the quick runs have no such level")
            continue
        bad = abs(off) > WITHIN and abs(off) > spread
        outside += bad
        print(f"{name:<44} {100 * off:+6.1f} %   full runs among themselves {100 * spread:5.1f} %{'   <-' if bad else ''}")
    known = [abs(off) for _, off, _ in rows if off is not None]
    print(f"{len(known)} figures: median {100 * statistics.median(known):.1f} % off, "
          f"{sum(off <= WITHIN for off in known)} within 5 %, {outside} outside it and the full runs' own spread")
    return 1 if outside else 0


if __name__ == "__main__":
    sys.exit(main())
