"""One process of one side of compare-llama.sh, with the machine probed before and after.

Prints "figure: X" and appends what it saw to a log, a JSON object a line. Options come as one JSON
object in the first argument, since a command line with fifteen places is easily told wrongly.
"""
import json
import os
import re
import subprocess
import sys

o = json.loads(sys.argv[1])


def probe():
    """What the machine gives now: read bandwidth, the slowest core's clock, AMX fed from L2 where it is."""
    out = subprocess.run([o["probe"], "--benchmark_filter=^(read/|clock|peak/amx .*from L2)",
                          "--benchmark_min_time=0.1", "--benchmark_format=json"],
                         capture_output=True, text=True, check=True).stdout
    rows = json.loads(out)["benchmarks"]
    seen = {"bandwidth": max(each["read"] for each in rows if "read" in each)}  # one stream a thread to eight
    for each in rows:
        if "hertz" in each:
            seen["clock"] = each["hertz"]
        if "operations" in each:
            seen["amx_bf16" if "bf16" in each["name"] else "amx_int8"] = each["operations"]
    return seen


def last_words(text):
    return " ".join(text[-300:].split())


def llama():
    command = [o["program"], "-m", o["model"], "-p", o["prompt"], "-n", o["generate"], "-t", o["threads"],
               "-r", o["repetitions"], "-o", "json"]
    if o["phase"] == "load":
        command.append("-v")
    if o["depth"] != "0":
        command += ["-d", o["depth"]]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit(f"llama-bench failed (exit status {run.returncode}): " + last_words(run.stderr or run.stdout))
    try:
        if o["phase"] == "load":  # until its first pass has ended
            return {"figure": float(re.search(r"load time = *([0-9.]+) ms", run.stderr).group(1)) / 1e3}
        return {"figure": float(json.loads(run.stdout)[0]["avg_ts"])}
    except (AttributeError, ValueError, LookupError, TypeError):
        sys.exit(f"llama-bench printed no figure for {o['phase']} that is understood: "
                 + last_words(run.stderr if o["phase"] == "load" else run.stdout))


def rate(ops, phase, picked, amount):
    """Of the traced ops of a phase that are picked: their work over their time."""
    mine = [op for op in ops if op["phase"] == phase and op[picked] > 0]
    nanoseconds = sum(op["time_ns"] for op in mine)
    return sum(op[amount] for op in mine) / nanoseconds * 1e9 if nanoseconds else None


def ours():
    database = f"{o['log']}.db"
    for old in (database, database + "-wal", database + "-shm"):
        if os.path.exists(old):
            os.remove(old)
    run = subprocess.run([o["program"], "run", "--db", database, "--model", o["model"], "--backend", o["backend"],
                          "--prompt", o["prompt"], "--generate", o["generate"], "--threads", o["threads"],
                          "--depth", o["depth"], "--batch", o["batch"], "--repetitions", o["repetitions"],
                          "--processes", "1", "--most-processes", "1", "--check", "false",
                          "--op-times", "true" if o["phase"] in ("prefill", "attention") else "false"],
                         capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit("ridgepoint failed: " + last_words(run.stdout + run.stderr))
    run_id = next(line.split()[1] for line in run.stdout.splitlines() if line.startswith("run:"))
    out = subprocess.run([o["program"], "export", run_id, "--db", database, "--format", "json"],
                         capture_output=True, text=True, check=True)
    record = json.loads(out.stdout)["records"][0]
    metrics, ops = record["metrics"], record.get("op_times", [])
    if o["phase"] == "load":
        return {"figure": (metrics["load_ns"]["value"] + metrics["ttft_ns"]["value"]) / 1e9}
    if o["phase"] == "attention":
        figure = rate(ops, "decode", "kv_bytes", "kv_bytes")
        if figure is None:
            sys.exit("ridgepoint traced no attention; is the depth 0?")
        return {"figure": figure / 1e9}
    if o["phase"] == "prefill":
        return {"figure": metrics["prefill_tokens_per_second"]["value"],
                "products_per_second": rate(ops, "prefill", "weight_bytes", "work_flops")}
    return {"figure": metrics["decode_tokens_per_second"]["value"],
            "weight_bytes": metrics["decode_work_weight_bytes"]["value"]}


before = probe()
seen = {"llama": llama, "ours": ours, "machine": lambda: {}}[o["who"]]()
after = probe()
for key in before.keys() & after.keys():
    seen[key] = (before[key] + after[key]) / 2
if o["who"] == "machine":
    seen["figure"] = seen["bandwidth"] / 1e9
seen["side"] = o["side"]
with open(o["log"], "a") as file:
    file.write(json.dumps(seen) + "\n")
print("figure:", seen["figure"])
