#!/usr/bin/env python3
"""Holds the bandwidths of `ridgepoint roofline` against those of likwid-bench, in one alternating run.

usage: compare-likwid.py PROGRAM LIKWID_BENCH [--rounds N] [--threads N] [--sizes KIB,...] [--seconds S]

In each round likwid-bench runs each kernel at each size, then `ridgepoint roofline --quick` sweeps over all sizes, so that
a machine that moves over minutes moves both. Ours is the point of the curve nearest to likwid's working set, the best
of one and of eight streams; both are the best of the rounds. Never run it at real-time priority: likwid-bench spins on
threads that may share a core. Debian's package is `likwid`; `apt-get download likwid` and `dpkg -x` do without an
installation.
"""
import argparse
import json
import math
import os
import re
import subprocess
import sys
import tempfile

# Ours and likwid's; its "stream" is our triad.
KERNELS = [("load", "load"), ("copy", "copy"), ("update", "update"), ("triad", "stream"), ("store", "store"),
           ("store-nt", "store_mem")]


def likwid(bench, kernel, kib, threads, seconds):
    """Bytes a second of useful data, by the widest variant of the kernel that runs here; None without any."""
    for isa in ("avx512", "avx", "sse"):
        done = subprocess.run([bench, "-t", f"{kernel}_{isa}", "-s", str(seconds), "-w", f"S0:{kib}kB:{threads}"],
                              capture_output=True, text=True)
        found = re.search(r"^MByte/s:\s+([0-9.]+)", done.stdout, re.MULTILINE)
        if done.returncode == 0 and found:
            return float(found.group(1)) * 1e6
    return None


def ours(program, largest_kib, threads):
    """Curves by kernel: lists of (bytes, bytes a second), of both numbers of streams."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([program, "roofline", "--quick", "--format", "json", "--threads", str(threads),
                               "--largest-mib", str(largest_kib // 1024)],
                              env=dict(os.environ, XDG_DATA_HOME=folder), capture_output=True, text=True, check=True)
    curves = {}
    for curve in json.loads(done.stdout)["curves"]:
        if curve["kind"] == "bandwidth" and curve["threads"] == threads:
            curves.setdefault(curve["what"], []).append([(p[0], p[1]) for p in curve["points"]])
    return curves


def nearest(points, wanted):
    return min(points, key=lambda point: abs(math.log(point[0] / wanted)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("likwid_bench")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--sizes", default="20,320,6144,262144", help="KiB, ascending")
    parser.add_argument("--seconds", type=float, default=1)
    arguments = parser.parse_args()
    sizes = [int(size) for size in arguments.sizes.split(",")]
    best = {}
    for round_number in range(arguments.rounds):
        print(f"round {round_number + 1} of {arguments.rounds}", file=sys.stderr)
        for name, theirs in KERNELS:
            for kib in sizes:
                rate = likwid(arguments.likwid_bench, theirs, kib, arguments.threads, arguments.seconds)
                key = (name, kib)
                best.setdefault(key, [0.0, 0.0])
                best[key][1] = max(best[key][1], rate or 0.0)
        for name, curves in ours(arguments.program, sizes[-1], arguments.threads).items():
            for kib in sizes:
                rate = max(nearest(points, kib * 1024)[1] for points in curves)
                best[(name, kib)][0] = max(best[(name, kib)][0], rate)
    behind = 0
    for (name, kib), (own, other) in best.items():
        if other == 0:
            print(f"{name:<9} {kib:>8} KiB  {own * 1e-9:7.1f} GB/s, likwid-bench gave nothing")
            continue
        behind += own < 0.97 * other
        print(f"{name:<9} {kib:>8} KiB  {own * 1e-9:7.1f} GB/s, likwid-bench {other * 1e-9:7.1f}: "
              f"{100 * (own / other - 1):+6.1f} %{'   <-' if own < 0.97 * other else ''}")
    print(f"{behind} of {len(best)} more than 3 % behind likwid-bench")
    return 1 if behind else 0


if __name__ == "__main__":
    sys.exit(main())
