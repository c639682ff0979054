#!/usr/bin/env bash
# Tries the A/B gate on this machine: A/A verdicts of which none may be "slower", then slowdowns that are
# planted by a plug-in, in peace and beside a neighbour that takes a core half of the time. Prints the
# tables of docs/statistics.md. Takes the better part of an hour; nothing else should run.
#   scripts/prove-gate.sh [PART...]    parts: same planted neighbour (default: all)
#   RIDGEPOINT_BUILD=build  RIDGEPOINT_SAME_VERDICTS=300  RIDGEPOINT_PLANTED_WORK="spin memory alloc"
set -euo pipefail
cd "$(dirname "$0")/.."

build=${RIDGEPOINT_BUILD:-build}
ridgepoint=$build/bin/ridgepoint
plugin=$(find "$(realpath "$build")" -name libplanted_slowdown.so -print -quit)
[ -x "$ridgepoint" ] && [ -n "$plugin" ] || {
  echo "scripts/prove-gate.sh: build first: cmake --preset release && cmake --build --preset release" >&2
  exit 2
}
parts=("$@")
[ ${#parts[@]} -gt 0 ] || parts=(same planted neighbour)

work=$(mktemp -d)
neighbour_pid=
trap 'stop_neighbour; rm -rf "$work"' EXIT

verdict() {  # runs an A/B; leaves its JSON in $work/ab.json
  local code=0
  "$ridgepoint" ab --db "$work/ab.db" --format json "$@" >"$work/ab.json" 2>"$work/ab.err" || code=$?
  if [ "$code" -eq 2 ] || [ "$code" -gt 4 ]; then
    cat "$work/ab.err" >&2
    exit 2
  fi
}
field() { python3 -c 'import json,sys; d=json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$work/ab.json" "$1"; }

cat >"$work/row.py" <<'PY'
import json, sys
ab, kind, units = json.load(open(sys.argv[1])), sys.argv[2], int(sys.argv[3])
def percent(ratio):
    return "?" if ratio is None else f"{100 * (ratio - 1):+.2f} %"
ratios = "; ".join(f'{f["name"].split()[-1]} {percent(f["worse_ratio"])}' for f in ab["figures"])
intervals = "; ".join(f'{percent(f["worse_ratio_low"])} to {percent(f["worse_ratio_high"])}' for f in ab["figures"])
print(f'| {kind} | +{(units - 1000) / 10:g} % | {ab["verdict"]} | {ratios} | {intervals} | {ab["counted_pairs"]} |', flush=True)
PY

same() {  # a command of some milliseconds against itself
  local wanted=${RIDGEPOINT_SAME_VERDICTS:-300} i
  local command='cmd:i=0; while [ $i -lt 3000 ]; do i=$((i+1)); done'
  : >"$work/same"
  for ((i = 1; i <= wanted; ++i)); do
    verdict --a "$command" --b "$command" --budget 2m --seed "$i"
    field 'd["verdict"], d["counted_pairs"], round(d["figures"][0]["noise"], 4)' | tr -d "(),'" >>"$work/same"
  done
  echo "A/A verdicts of a command of some milliseconds: $wanted"
  cut -d' ' -f1 "$work/same" | sort | uniq -c
  sort -n -k2 "$work/same" | awk '{p[NR]=$2} END {print "pairs: median " p[int((NR+1)/2)] ", most " p[NR]}'
  sort -g -k3 "$work/same" | awk '{s[NR]=$3} END {printf "noise of a pair: median %.2f %%, most %.2f %%\n", 100*s[int((NR+1)/2)], 100*s[NR]}'
}

planted() {  # slowdowns of x/2, x, 2x and 5x for x = 2 %
  local kind units
  echo "| work | planted | verdict | measured | interval | pairs |"
  echo "|---|---:|---|---:|---:|---:|"
  for kind in ${RIDGEPOINT_PLANTED_WORK:-spin memory alloc}; do
    for units in 1000 1010 1020 1040 1100; do
      local arm="run:--model byte-llama-6m --prompt 4 --generate 8 --repetitions 5 --check false --backend $plugin:work=$kind"
      verdict --a "$arm,units=1000" --b "$arm,units=$units" --budget "${RIDGEPOINT_PLANTED_BUDGET:-2m}"
      python3 "$work/row.py" "$work/ab.json" "$kind" "$units"
    done
  done
}

start_neighbour() {  # one core, half of the time, in slices of 50 ms
  python3 - <<'PY' &
import time
while True:
    end = time.monotonic() + 0.05
    while time.monotonic() < end:
        pass
    time.sleep(0.05)
PY
  neighbour_pid=$!
}
stop_neighbour() {
  [ -z "$neighbour_pid" ] || kill "$neighbour_pid" 2>/dev/null || true
  neighbour_pid=
}

for part in "${parts[@]}"; do
  echo "=== $part"
  case $part in
    same) same ;;
    planted) planted ;;
    neighbour)
      start_neighbour
      RIDGEPOINT_SAME_VERDICTS=${RIDGEPOINT_NEIGHBOUR_VERDICTS:-30} same
      planted
      stop_neighbour
      ;;
    *)
      echo "scripts/prove-gate.sh: unknown part '$part'; known: same planted neighbour" >&2
      exit 2
      ;;
  esac
done
