"""The rows of compare-llama.sh's table for one file and phase: FILE PHASE AB.json LOG."""
import json
import math
import statistics
import sys

name, phase, ab_path, log_path = sys.argv[1:]
ab = json.load(open(ab_path))
runs = [json.loads(line) for line in open(log_path)]


def counted(side):
    """What was seen in the pairs that count: the ratio is of these alone."""
    pairs = iter(ab["pairs"])
    pair = next(pairs, None)
    for run in (each for each in runs if each["side"] == side):
        if pair is None or not math.isclose(run["figure"], pair[side][0], rel_tol=1e-9):
            continue  # a run that became no pair
        if not pair["dropped"]:
            yield run
        pair = next(pairs, None)


log = [*counted("a"), *counted("b")]
if not log:
    sys.exit(f"{name}, {phase}: no pair was counted: {ab['reason'] or ab['cause']}")


def middle(side, value):
    values = [value(each) for each in log if each["side"] in side]
    values = [each for each in values if each is not None]
    return statistics.median(values) if values else None


def shown(x):
    return "" if x is None else f"{x:.1f}" if x >= 10 else f"{x:.3g}"


def percent(x):
    return "" if x is None else f"{100 * x:.0f} %"


figure = ab["figures"][0]
ratio = {key: (1 / figure[key] if figure.get(key) else None)
         for key in ("worse_ratio", "worse_ratio_low", "worse_ratio_high")}
text = {key: "?" if value is None else f"{value:.2f}" for key, value in ratio.items()}
share = ""
if phase == "decode":
    share = percent(middle("b", lambda e: e["figure"] * e["weight_bytes"] / e["bandwidth"])) + " of reading"
if phase == "attention":
    share = percent(middle("b", lambda e: e["figure"] * 1e9 / e["bandwidth"])) + " of reading"
if phase == "prefill" and any("amx_bf16" in each for each in log):
    share = percent(middle("b", lambda e: e["products_per_second"] / e["amx_bf16"]
                           if e.get("products_per_second") and "amx_bf16" in e else None)) + " of AMX from L2, bf16"
clock = middle("ab", lambda e: e.get("clock"))
amx = middle("ab", lambda e: e.get("amx_bf16"))
print(f'| {name} | {phase} | {shown(middle("a", lambda e: e["figure"]))} | {shown(middle("b", lambda e: e["figure"]))} '
      f'| {text["worse_ratio"]} | {text["worse_ratio_high"]} to {text["worse_ratio_low"]} | {share} '
      f'| {shown(middle("ab", lambda e: e["bandwidth"]) / 1e9)} | {shown(clock and clock / 1e9)} '
      f'| {shown(amx and amx / 1e12)} | {ab["counted_pairs"]} |')

# AMX can run at a third of its speed for minutes: what was seen in either mode, apart.
best = max((each.get("amx_bf16", 0) for each in log), default=0)
slow = [each for each in log if each.get("amx_bf16", best) < 0.65 * best]
if slow and len(slow) < len(log):
    for mode, kept in (("fast", [e for e in log if e not in slow]), ("slow", slow)):
        medians = [statistics.median(values) if values else None
                   for values in ([e["figure"] for e in kept if e["side"] == side] for side in "ab")]
        quotient = medians[1] / medians[0] if all(medians) else None
        print(f'| {name} | {phase}, AMX {mode} | {shown(medians[0])} | {shown(medians[1])} | {shown(quotient)} | | | | '
              f'| {shown(statistics.median(e["amx_bf16"] for e in kept) / 1e12)} | {len(kept)} runs |')
