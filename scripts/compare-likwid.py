#!/usr/bin/env python3
"""Holds the ceilings of `ridgepoint roofline` against those of likwid-bench and STREAM's triad, in one alternating run.

usage: compare-likwid.py PROGRAM [--likwid-root FOLDER] [--rounds N] [--threads N] [--sizes KIB,...] [--seconds S]

In each round likwid-bench runs each kernel at each size in every width that it has, a triad as STREAM's goes over the
largest size (plain loops, compiled here by `cc -O3 -march=native -fopenmp`), then `ridgepoint roofline --quick` sweeps
over all sizes, so that a machine that moves over minutes moves all of them. Ours is the point of the curve nearest to
their working set, the best of one and of eight streams; all are the best of the rounds. Arithmetic is held against
likwid-bench's peakflops. Exits 1 where ours is more than 3 % behind the better of the others.

Never run it at real-time priority: likwid-bench spins on threads that may share a core. Debian's package is `likwid`;
`apt-get download likwid` and `dpkg -x likwid_*.deb FOLDER` do without an installation, with --likwid-root FOLDER.
"""
import argparse
import json
import math
import os
import re
import subprocess
import sys
import tempfile

# Ours and likwid's; its "stream" is our triad, its "mem" stores past the caches.
KERNELS = [("load", "load"), ("copy", "copy"), ("copy-nt", "copy_mem"), ("update", "update"), ("triad", "stream"),
           ("triad-nt", "stream_mem"), ("store", "store"), ("store-nt", "store_mem")]
WIDTHS = ["avx512", "avx512_fma", "avx", "avx_fma", "sse"]
# The best of ours against the best of likwid's.
PEAKS = [("f64", ["avx512 f64 fma", "avx2 f64 fma"], ["peakflops_avx512_fma", "peakflops_avx_fma"]),
         ("f32", ["avx512 f32 fma", "avx2 f32 fma"], ["peakflops_sp_avx512_fma", "peakflops_sp_avx_fma"])]
TRIAD = """
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char** argv) {
  const long n = atol(argv[1]);
  const double seconds = atof(argv[2]), factor = 3;
  double *a = aligned_alloc(64, 8 * n), *b = aligned_alloc(64, 8 * n), *c = aligned_alloc(64, 8 * n);
  if (argc < 3 || !a || !b || !c) return 1;
#pragma omp parallel for schedule(static)
  for (long i = 0; i < n; ++i) a[i] = 0, b[i] = i % 7, c[i] = i % 5;
  double best = 1e9;
  for (double end = omp_get_wtime() + seconds; omp_get_wtime() < end;) {
    const double begin = omp_get_wtime();
#pragma omp parallel for schedule(static)
    for (long i = 0; i < n; ++i) a[i] = b[i] + factor * c[i];
    const double took = omp_get_wtime() - begin;
    if (took < best) best = took;
  }
  printf("%f %f\\n", 24.0 * n / best, a[n / 2]);
}
"""


class Likwid:
    def __init__(self, root, seconds):
        self.seconds = seconds
        self.environment = dict(os.environ)
        if root:
            # It looks for its access daemon by the path, though nothing here needs one.
            folders = [os.path.join(root, "usr", name) for name in ("bin", "sbin")]
            self.environment["PATH"] = ":".join(folders + [os.environ["PATH"]])
            self.environment["LD_LIBRARY_PATH"] = os.path.join(root, "usr/lib/x86_64-linux-gnu")
        self.known = set(re.findall(r"^(\w+) - ", self.run(["-a"]), re.MULTILINE))
        if not self.known:
            sys.exit("likwid-bench does not run; install Debian's likwid, or give --likwid-root")

    def run(self, arguments):
        try:
            return subprocess.run(["likwid-bench"] + arguments, env=self.environment, capture_output=True,
                                  text=True).stdout
        except FileNotFoundError:
            return ""

    def rate(self, test, kib, threads, unit):
        """The figure in `unit` a second, times 1e6; 0 without any."""
        if test not in self.known:
            return 0.0
        text = self.run(["-t", test, "-s", str(self.seconds), "-w", f"S0:{kib}kB:{threads}"])
        found = re.search(rf"^{unit}/s:\s+([0-9.]+)", text, re.MULTILINE)
        return float(found.group(1)) * 1e6 if found else 0.0


def build_triad(folder):
    source = os.path.join(folder, "triad.c")
    with open(source, "w") as file:
        file.write(TRIAD)
    program = os.path.join(folder, "triad")
    subprocess.run(["cc", "-O3", "-march=native", "-fopenmp", source, "-o", program], check=True)
    return program


def stream_triad(program, kib, threads, seconds):
    environment = dict(os.environ, OMP_NUM_THREADS=str(threads), OMP_PROC_BIND="true")
    text = subprocess.run([program, str(kib * 1024 // 24), str(seconds)], env=environment, capture_output=True, text=True,
                          check=True).stdout
    return float(text.split()[0])


def ours(program, largest_kib, threads):
    """Curves by kernel, lists of (bytes, bytes a second) of both numbers of streams; and peaks by name."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([program, "roofline", "--quick", "--format", "json", "--threads", str(threads),
                               "--largest-mib", str(largest_kib // 1024)],
                              env=dict(os.environ, XDG_DATA_HOME=folder), capture_output=True, text=True, check=True)
    document = json.loads(done.stdout)
    curves = {}
    for curve in document["curves"]:
        if curve["kind"] == "bandwidth" and curve["threads"] == threads:
            curves.setdefault(curve["what"], []).append([(p[0], p[1]) for p in curve["points"]])
    peaks = {each["what"]: each["value"] for each in document["ceilings"]
             if each["kind"] == "compute" and each["threads"] == threads and each.get("value")}
    return curves, peaks


def nearest(points, wanted):
    return min(points, key=lambda point: abs(math.log(point[0] / wanted)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--likwid-root", help="folder that its package was unpacked to")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--sizes", default="20,320,6144,262144", help="KiB of all threads together, ascending")
    parser.add_argument("--seconds", type=float, default=0.2)
    arguments = parser.parse_args()
    sizes = [int(size) for size in arguments.sizes.split(",")]
    threads = arguments.threads
    likwid = Likwid(arguments.likwid_root, arguments.seconds)
    best = {}

    def take(key, whose, value):
        best.setdefault(key, {})[whose] = max(best.get(key, {}).get(whose, 0.0), value)

    with tempfile.TemporaryDirectory() as folder:
        triad = build_triad(folder)
        for round_number in range(arguments.rounds):
            print(f"round {round_number + 1} of {arguments.rounds}", file=sys.stderr)
            for name, theirs in KERNELS:
                for kib in sizes:
                    for width in WIDTHS:
                        take((name, kib), "likwid-bench", likwid.rate(f"{theirs}_{width}", kib, threads, "MByte"))
            for name, _, theirs in PEAKS:
                for test in theirs:
                    take((name, 0), "likwid-bench", likwid.rate(test, 16 * threads, threads, "MFlops"))
            take(("triad", sizes[-1]), "STREAM", stream_triad(triad, sizes[-1], threads, arguments.seconds))
            curves, peaks = ours(arguments.program, sizes[-1], threads)
            for name, _ in KERNELS:
                for kib in sizes:
                    take((name, kib), "ours", max(nearest(points, kib * 1024)[1] for points in curves[name]))
            for name, mine, _ in PEAKS:
                take((name, 0), "ours", max(peaks.get(each, 0.0) for each in mine))
    behind = held = 0
    for (name, kib), rates in best.items():
        own = rates.pop("ours")
        unit, what = ("GB/s", f"{kib:>8} KiB") if kib else ("GFLOP/s", f"{'peak':>12}")
        other = max(rates.values())
        if other == 0:
            print(f"{name:<9} {what}  {own * 1e-9:7.1f} {unit}, the others gave nothing")
            continue
        held += 1
        behind += own < 0.97 * other
        text = ", ".join(f"{whose} {rate * 1e-9:.1f}" for whose, rate in rates.items())
        print(f"{name:<9} {what}  {own * 1e-9:7.1f} {unit}, {text}: {100 * (own / other - 1):+6.1f} %"
              f"{'   <-' if own < 0.97 * other else ''}")
    print(f"{threads} threads: {behind} of {held} more than 3 % behind the better of the others")
    return 1 if behind else 0


if __name__ == "__main__":
    sys.exit(main())
