#!/usr/bin/env bash
# Our CPU backends against any build of llama-bench: the same GGUF file, the same threads, pairs of
# fresh processes in random order (`ridgepoint ab`), with the machine's read bandwidth probed beside
# each. Prints a table: tokens/s of both, the ratio with its interval, the share of that bandwidth. The
# phase `load` is seconds from opening the file to the end of a pass, since one maps lazily what
# the other puts in order at once.
#   scripts/compare-llama.sh LLAMA_BENCH MODEL.gguf [MODEL.gguf...]
#   THREADS=2  PAIRS=10  PROMPT=512  GENERATE=64  DEPTH=0  REPETITIONS=3 (a process)
#   PHASES="prefill decode load"  RIDGEPOINT_BUILD=build
# Run it once for each build of llama.cpp (with AMX and without) and compare with the better one.
set -euo pipefail
self=$(realpath "${BASH_SOURCE[0]}")
root=$(dirname "$(dirname "$self")")
refuse() { echo "scripts/compare-llama.sh: $*" >&2; exit 2; }
[ $# -ge 2 ] || { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$self" >&2; exit 2; }
[ -f "$1" ] && [ -x "$1" ] || refuse "'$1' is no program; give the path of llama-bench"
llama=$(realpath "$1")
shift
for name in THREADS PAIRS PROMPT GENERATE REPETITIONS; do
  [[ ${!name-1} =~ ^[1-9][0-9]*$ ]] || refuse "$name=${!name}: give a whole number from 1 on"
done
[[ ${DEPTH-0} =~ ^[0-9]+$ ]] || refuse "DEPTH=$DEPTH: give a whole number from 0 on"
for phase in ${PHASES:-prefill decode load}; do
  case $phase in prefill | decode | load) ;; *) refuse "unknown phase '$phase'; known: prefill decode load" ;; esac
done
command -v python3 >/dev/null || refuse "python3 is missing; install it"
build=${RIDGEPOINT_BUILD:-build}
[[ $build = /* ]] || build=$root/$build
for program in ridgepoint host_kernels_benchmark; do
  [ -x "$build/bin/$program" ] ||
    refuse "no $build/bin/$program; build first: cmake --preset release && cmake --build --preset release"
done
models=() backends=()
for model in "$@"; do
  info=$("$build/bin/ridgepoint" model info "$model") || exit 2 # says what is wrong
  models+=("$(realpath "$model")")
  # The table of types comes after an empty line; cpu takes plain ones only.
  if sed '1,/^$/d' <<<"$info" | grep -qvE '^(type|f32|f16|bf16) |^$'; then
    backends+=(quantized)
  else
    backends+=(cpu)
  fi
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# One run of each program, which prints "figure: X" after the bandwidth around it.
cat >"$work/one.py" <<'PY'
import json, os, re, subprocess, sys
phase, who, program, probe, model, backend, prompt, generate, threads, depth, repetitions, log = sys.argv[1:]
def bandwidth():
    out = subprocess.run([probe, "--benchmark_filter=^read/", "--benchmark_min_time=0.1", "--benchmark_format=json"],
                         capture_output=True, text=True, check=True).stdout
    return max(each["read"] for each in json.loads(out)["benchmarks"])  # one stream a thread to eight
def last_words(text):
    return " ".join(text[-300:].split())
before = bandwidth()
if who == "llama":
    command = [program, "-m", model, "-p", prompt, "-n", generate, "-t", threads, "-r", repetitions, "-o", "json"]
    if phase == "load":
        command.append("-v")
    if depth != "0":
        command += ["-d", depth]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit(f"llama-bench failed (exit status {run.returncode}): " + last_words(run.stderr or run.stdout))
    weight_bytes = None
    try:
        if phase == "load":  # until its first pass has ended
            speed = float(re.search(r"load time = *([0-9.]+) ms", run.stderr).group(1)) / 1e3
        else:
            speed = float(json.loads(run.stdout)[0]["avg_ts"])
    except (AttributeError, ValueError, LookupError, TypeError):
        sys.exit(f"llama-bench printed no figure for {phase} that is understood: "
                 + last_words(run.stderr if phase == "load" else run.stdout))
else:
    database = f"{log}.db"
    for old in (database, database + "-wal", database + "-shm"):
        if os.path.exists(old):
            os.remove(old)
    run = subprocess.run([program, "run", "--db", database, "--model", model, "--backend", backend, "--prompt", prompt,
                          "--generate", generate, "--threads", threads, "--depth", depth, "--repetitions", repetitions,
                          "--processes", "1", "--most-processes", "1", "--check", "false", "--op-times", "false"],
                         capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit("ridgepoint failed: " + last_words(run.stdout + run.stderr))
    run_id = next(l.split()[1] for l in run.stdout.splitlines() if l.startswith("run:"))
    out = subprocess.run([program, "export", run_id, "--db", database, "--format", "json"], capture_output=True, text=True, check=True)
    metrics = json.loads(out.stdout)["records"][0]["metrics"]
    if phase == "load":
        speed = (metrics["load_ns"]["value"] + metrics["ttft_ns"]["value"]) / 1e9
    else:
        speed = metrics[phase + "_tokens_per_second"]["value"]
    weight_bytes = metrics.get("decode_work_weight_bytes", {}).get("value")
with open(log, "a") as file:
    file.write(json.dumps({"who": who, "speed": speed, "weight_bytes": weight_bytes, "bandwidth": (before + bandwidth()) / 2}) + "\n")
print("figure:", speed)
PY

cat >"$work/row.py" <<'PY'
import json, statistics as s, sys
ab, log, name, phase = json.load(open(sys.argv[1])), [json.loads(l) for l in open(sys.argv[2])], sys.argv[3], sys.argv[4]
speed = {w: s.median(e["speed"] for e in log if e["who"] == w) for w in ("llama", "ours")}
share = "" if phase != "decode" else f'{100 * s.median(e["speed"] * e["weight_bytes"] / e["bandwidth"] for e in log if e["who"] == "ours"):.0f} %'
figure = ab["figures"][0]
ratio = {k: ((1 / figure[k]) if figure.get(k) else None) for k in ("worse_ratio", "worse_ratio_low", "worse_ratio_high")}
text = lambda x: "?" if x is None else f"{x:.2f}"
shown = lambda x: f"{x:.1f}" if x >= 10 else f"{x:.3g}"
print(f'| {name} | {phase} | {shown(speed["llama"])} | {shown(speed["ours"])} | {text(ratio["worse_ratio"])} | {text(ratio["worse_ratio_high"])} to {text(ratio["worse_ratio_low"])} | {share} | {s.median(e["bandwidth"] for e in log) / 1e9:.1f} | {ab["counted_pairs"]} |')
PY

echo "| file | phase | llama.cpp | ours | ratio | interval | share of read bandwidth | read GB/s | pairs |"
echo "|---|---|---:|---:|---:|---:|---:|---:|---:|"
for i in "${!models[@]}"; do
  model=${models[i]}
  for phase in ${PHASES:-prefill decode load}; do
    direction=--more-is-better
    unit=tokens/s
    case $phase in
      prefill) sizes=("${PROMPT:-512}" 0) ;;
      decode) sizes=(0 "${GENERATE:-64}") ;;
      load) sizes=(1 0) direction= unit=s ;;
    esac
    log=$work/log
    rm -f "$log"
    arm() { # who program
      printf 'cmd:python3 %q %s %s %q %q %q %q %s %s %s %s %s %q' "$work/one.py" "$phase" "$1" "$2" "$build/bin/host_kernels_benchmark" \
        "$model" "${BACKEND:-${backends[i]}}" "${sizes[0]}" "${sizes[1]}" "${THREADS:-2}" "${DEPTH:-0}" "${REPETITIONS:-3}" "$log"
    }
    code=0
    "$build/bin/ridgepoint" ab --db "$work/ab.db" --a "$(arm llama "$llama")" --b "$(arm ours "$build/bin/ridgepoint")" \
      --number-after 'figure:' --unit "$unit" $direction --pairs "${PAIRS:-10}" --budget 30m \
      --format json >"$work/ab.json" 2>"$work/ab.err" || code=$?
    [ $code -ne 2 ] && [ $code -lt 5 ] || { cat "$work/ab.err" >&2; exit 2; }
    python3 "$work/row.py" "$work/ab.json" "$log" "$(basename "$model")" $phase
  done
done
