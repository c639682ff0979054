#!/usr/bin/env python3
"""Writes jsonbin/: what nvbench leaves behind with `--jsonbin reduce.json`.

The layout is that of nvbench's json_printer.cu at commit 66212f1: the summaries
nv/json/bin:TAG and nv/json/freqs-bin:TAG name a file by its path from the JSON's
folder and the number of its samples (not bytes), which are little-endian float32
(seconds, hertz) without a header. The figures are invented, from a fixed seed;
writing again gives the same bytes.
"""

import json
import random
import statistics
import struct
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "jsonbin"
NAME = "reduce.json"
DEVICE = {"id": 0, "name": "Example GPU", "sm_version": 900, "ptx_version": 900,
          "sm_default_clock_rate": 1980000000, "number_of_sms": 132,
          "max_blocks_per_sm": 32, "max_threads_per_sm": 2048, "max_threads_per_block": 1024,
          "registers_per_sm": 65536, "registers_per_block": 65536,
          "global_memory_size": 85017755648, "global_memory_bus_peak_clock_rate": 2619000000,
          "global_memory_bus_width": 5120, "global_memory_bus_bandwidth": 3352320000000,
          "l2_cache_size": 52428800, "shared_memory_per_sm": 233472,
          "shared_memory_per_block": 49152, "ecc_state": True}
SETTINGS = {"min_samples": 10, "cold_warmup_runs": 1, "cold_max_warmup_walltime": 0.1,
            "batch_target_time": 0.5, "skip_time": -1.0, "timeout": 15.0}


def summary(tag, name, hint, description, values, hide=None):
    entry = {"tag": tag, "name": name, "description": description, "hint": hint}
    if hide:
        entry["hide"] = hide
    entry["data"] = [{"name": key, "type": kind, "value": str(value)} for key, kind, value in values]
    return entry


def figure(tag, name, hint, value, kind="float64"):
    return summary(tag, name, hint, name, [("value", kind, value)])


def sidecar(kind, number, tag, values):
    suffix, prefix, name, hint, what = {
        "times": ("-bin", "nv/json/bin", "Sample Times File", "file/sample_times", "times"),
        "freqs": ("-freqs-bin", "nv/json/freqs-bin", "Sample Frequencies File", "file/sample_freqs",
                  "frequencies")}[kind]
    path = Path(NAME + suffix) / f"{number}.bin"
    (FOLDER / path).parent.mkdir(parents=True, exist_ok=True)
    (FOLDER / path).write_bytes(struct.pack(f"<{len(values)}f", *values))
    return summary(f"{prefix}:{tag}", name, hint,
                   f"Binary file containing sample {what} as little-endian float32.",
                   [("filename", "string", path), ("size", "int64", len(values))],
                   hide="Not needed in table.")


def state(draw, exponent, count, number):
    base = 1.5e-6 + 2.0 ** exponent * 4e-12
    times = [base * (1 + 0.01 * abs(draw.gauss(0, 1))) for _ in range(count)]
    clocks = [1980e6 - 15e6 * draw.randrange(3) for _ in range(count)]
    mean = statistics.fmean(times)
    return {
        "name": f"Device=0 Elements=2^{exponent}", **SETTINGS, "device": 0, "type_config_index": 0,
        "axis_values": [{"name": "Elements", "type": "int64", "value": str(2 ** exponent)}],
        "summaries": [
            figure("nv/cold/sample_size", "Samples", "sample_size", count, "int64"),
            figure("nv/cold/walltime", "Walltime", "duration", 0.125),
            figure("nv/cold/time/gpu/mean", "GPU Time", "duration", mean),
            figure("nv/cold/time/gpu/median", "Median GPU Time", "duration",
                   statistics.median(times)),
            figure("nv/cold/time/gpu/stdev/relative", "Noise", "percentage",
                   statistics.stdev(times) / mean),
            figure("nv/cold/sm_clock_rate/mean", "Clock Rate", "frequency",
                   statistics.fmean(clocks)),
            sidecar("times", number, "nv/cold/sample_times", times),
            sidecar("freqs", number, "nv/cold/sample_freqs", clocks)],
        "is_skipped": False}


def main():
    draw = random.Random(3)
    values = [{"input_string": str(e), "description": f"2^{e} = {2 ** e}", "value": 2 ** e}
              for e in (16, 20)]
    document = {
        "meta": {"argv": ["./reduce_bench", "--jsonbin", NAME, "-d", "0"],
                 "version": {"json": {"major": 1, "minor": 0, "patch": 0, "string": "1.0.0"},
                             "nvbench": {"major": 0, "minor": 1, "patch": 0, "string": "0.1.0",
                                         "git_branch": "main",
                                         "git_sha": "66212f1da71cc9afb2894a46fa8f234cbdd6c0d8",
                                         "git_version": "66212f1", "git_is_dirty": False}}},
        "devices": [DEVICE],
        "benchmarks": [{
            "name": "reduce", "index": 0, **SETTINGS, "devices": [0],
            "axes": [{"name": "Elements", "type": "int64", "flags": "pow2", "values": values}],
            "states": [state(draw, 16, 96, 0), state(draw, 20, 64, 1)]}]}
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / NAME).write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
