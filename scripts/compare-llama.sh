#!/usr/bin/env bash
# Our CPU backends against any build of llama-bench: the same GGUF file, the same threads, pairs of
# fresh processes in random order (`ridgepoint ab`), with the machine probed before and after each:
# read bandwidth, clock, and AMX fed from the second-level cache where there is AMX. Prints a table:
# both figures, the ratio with its interval, the share of what the machine gave meanwhile, the probes.
#   scripts/compare-llama.sh LLAMA_BENCH MODEL.gguf [MODEL.gguf...]
#   PHASES="prefill decode load"   of llama.cpp (A) and ours (B)
#     prefill, decode   tokens/s
#     load              seconds from opening the file to the end of a pass, since one maps lazily what
#                       the other puts in order at once
#     batch             tokens/s of decode of ours: one sequence (A), sixteen (B)
#     attention         GB/s: the machine's reading (A), keys and values in our decode at DEPTH (B)
# Fewer than about 14 pairs give no interval, however calm they were.
#   THREADS=2  PAIRS=20  PROMPT=512  GENERATE=64  DEPTH=0 (attention: 8192)  REPETITIONS=3 (a process)
#   BACKEND=quantized:isa=avx2  RIDGEPOINT_BUILD=build
# Run it once for each build of llama.cpp (with AMX and without) and compare with the better one.
# Where AMX was slow for a part of the runs, rows say what was seen in either mode.
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
  case $phase in
    prefill | decode | load | batch | attention) ;;
    *) refuse "unknown phase '$phase'; known: prefill decode load batch attention" ;;
  esac
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

arm() { # SIDE WHO PROGRAM BATCH: the command of a side, its options as one JSON object
  local options
  options=$(python3 -c 'import json, sys; print(json.dumps(dict(each.split("=", 1) for each in sys.argv[1:])))' \
    side="$1" who="$2" program="$3" batch="$4" phase="$phase" probe="$build/bin/host_kernels_benchmark" \
    model="$model" log="$log" backend="${BACKEND:-${backends[i]}}" prompt="$prompt" generate="$generate" \
    depth="$depth" threads="${THREADS:-2}" repetitions="${REPETITIONS:-3}")
  printf 'cmd:python3 %q %q' "$root/scripts/compare-llama/arm.py" "$options"
}

echo "| file | phase | A | B | ratio | interval | share | read GB/s | GHz | AMX bf16 TFLOP/s | pairs |"
echo "|---|---|---:|---:|---:|---:|---|---:|---:|---:|---:|"
for i in "${!models[@]}"; do
  model=${models[i]}
  for phase in ${PHASES:-prefill decode load}; do
    direction=--more-is-better unit=tokens/s
    prompt=0 generate=${GENERATE:-64} depth=${DEPTH:-0}
    a=(llama "$llama" 1) b=(ours "$build/bin/ridgepoint" 1)
    case $phase in
      prefill) prompt=${PROMPT:-512} generate=0 ;;
      load) prompt=1 generate=0 direction='' unit=s ;;
      batch) a=(ours "$build/bin/ridgepoint" 1) b=(ours "$build/bin/ridgepoint" 16) ;;
      attention) a=(machine - 1) depth=${DEPTH:-8192} unit=GB/s ;;
    esac
    log=$work/log
    rm -f "$log"
    code=0
    # shellcheck disable=SC2086  # an empty direction is no argument
    "$build/bin/ridgepoint" ab --db "$work/ab.db" --a "$(arm a "${a[@]}")" --b "$(arm b "${b[@]}")" \
      --number-after 'figure:' --unit "$unit" $direction --pairs "${PAIRS:-20}" --budget 60m \
      --format json >"$work/ab.json" 2>"$work/ab.err" || code=$?
    [ $code -ne 2 ] && [ $code -lt 5 ] || { cat "$work/ab.err" >&2; exit 2; }
    python3 "$root/scripts/compare-llama/row.py" "$(basename "$model")" "$phase" "$work/ab.json" "$log"
  done
done
