#!/usr/bin/env bash
# Everything that needs a GPU, in one go and under ten minutes: builds, runs the contract suite and the
# figures, and writes one JSON.
#   scripts/gpu-check.sh pack FILE.tar.gz   where the packages of scripts/packages.txt are: the tracked
#                                           sources, and every library that they need, in one file
#   scripts/gpu-check.sh [OUT.json]         where the GPU is, in the unpacked folder or in a checkout;
#                                           needs nvcc, g++ 12 or newer, CMake 3.25 and Ninja, no network
# A step that fails or finds no time left is a line of the JSON with its reason; the rest goes on. So it is where there
# is no GPU: what needs one is "not run", with what `list backends` says.
#   GPU_CHECK_BUILD=DIR    take what is built there, instead of configuring and building
#   GPU_CHECK_BACKEND=NAME, GPU_CHECK_SMALL=MODEL, GPU_CHECK_LARGE=MODEL
#                          stand-ins, to try the steps where there is no GPU: their figures mean nothing
set -uo pipefail
cd "$(dirname "$0")/.." || exit

die() { echo "gpu-check: $*" >&2; exit 1; }

# ---- packing ----

# Debian packages whose files travel along, as they lie under /usr: headers, archives, the few libraries
# that have no archive, their CMake and pkg-config files, and pkg-config itself.
readonly packages=(libcli11-dev nlohmann-json3-dev libtomlplusplus-dev libtomlplusplus3 libfmt-dev libfmt9
  libsqlite3-dev libsqlitecpp-dev libzstd-dev libxxhash-dev libutf8proc-dev libutf8proc2 uuid-dev
  libhwloc-dev libbenchmark-dev libbenchmark1debian libgtest-dev libgmock-dev libudev1 libpfm4 libcap2
  pkgconf-bin libpkgconf3)

pack() {
  local file=$1 package
  work=$(mktemp -d)  # global, for the trap
  trap 'rm -rf "$work"' EXIT
  local tree=$work/ridgepoint-gpu-check
  mkdir -p "$tree/libraries"
  # The window cannot be built there, and most goldens are not needed.
  git ls-files -z | grep -zvE '^(dashboard/(views|charts|models|app)|docs/.*\.(png|svg)|tests/(fuzz|unit/dashboard)/)' |
    xargs -0 cp --parents -t "$tree"
  git rev-parse HEAD >"$tree/COMMIT"
  for package in "${packages[@]}"; do
    dpkg-query --listfiles "$package" 2>/dev/null | grep -E '^/(usr/)?(include|lib|bin|share/(cmake|pkgconfig))' |
      while read -r path; do
        [ -f "$path" ] || [ -L "$path" ] || continue
        mkdir -p "$tree/libraries/usr/$(dirname "${path#/usr}")"
        cp -a "$path" "$tree/libraries/usr/${path#/usr}"
      done || die "package $package is not installed here"
  done
  tar -czf "$file" -C "$work" ridgepoint-gpu-check || die "cannot write $file"
  echo "gpu-check: $(du -h "$file" | cut -f1) in $file"
}

if [ "${1:-}" = pack ]; then
  [ $# -eq 2 ] || die "pack takes the file to write"
  pack "$(realpath "$2")"
  exit
fi

# ---- running ----

out=$(realpath "${1:-gpu-check.json}")
readonly limit_s=570
export build=${GPU_CHECK_BUILD:-build-gpu}
steps=()
failures=0
not_run=0
absent=  # why a step cannot be, or empty
readonly backend=${GPU_CHECK_BACKEND:-cuda} small=${GPU_CHECK_SMALL:-llama-3.2-1b} large=${GPU_CHECK_LARGE:-llama-3.1-8b}

json_text() {  # a JSON string of standard input's last 2000 bytes
  tail -c 2000 | LC_ALL=C tr -cd '\n\t -~' |
    sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/\t/\\t/g' | sed -e ':a' -e 'N' -e '$!ba' -e 's/\n/\\n/g' |
    { printf '"'; tr -d '\n'; printf '"'; }
}

step() {  # NAME MOST_SECONDS COMMAND...
  local name=$1 most=$2 left=$((limit_s - SECONDS)) began=$SECONDS status=passed log
  shift 2
  log=$(mktemp)
  echo "--- $name"
  if [ -n "$absent" ]; then
    status="not run"
    echo "$absent" >"$log"
  elif [ "$left" -lt 5 ]; then
    status="not run"
    echo "no time left" >"$log"
  else
    timeout "$((left < most ? left : most))" "$@" >"$log" 2>&1 || status="failed with $?"
    [ "$status" = passed ] || tail -n 15 "$log"
  fi
  case $status in
    failed*) failures=$((failures + 1)) ;;
    "not run") not_run=$((not_run + 1)) ;;
  esac
  steps+=("$(printf '{"name": "%s", "status": "%s", "seconds": %d, "says": %s}' "$name" "$status" \
    "$((SECONDS - began))" "$(json_text <"$log")")")
  rm -f "$log"
  [ "$status" = passed ]
}

configure() {
  local options=(-S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_UNITY_BUILD=ON
    -DRIDGEPOINT_CUDA=ON -DRIDGEPOINT_DASHBOARD=OFF
    "-DCMAKE_CXX_FLAGS_RELEASE=-O2 -DNDEBUG" "-DCMAKE_C_FLAGS_RELEASE=-O2 -DNDEBUG")
  # For the GPU at hand, which CMake's own "native" insists on; else for those that the project builds for.
  local capability
  capability=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2>/dev/null | head -n 1 | tr -d .)
  case $capability in
    90) options+=(-DRIDGEPOINT_CUDA_ARCHITECTURES=90a-real) ;;
    [1-9][0-9]*) options+=("-DRIDGEPOINT_CUDA_ARCHITECTURES=$capability-real") ;;
  esac
  local flags=-w  # what another compiler warns of would be an error
  if [ -d libraries ]; then
    local root=$PWD/libraries/usr triplet=lib/x86_64-linux-gnu
    export PKG_CONFIG=$root/bin/pkgconf PKG_CONFIG_SYSROOT_DIR=$PWD/libraries
    export PKG_CONFIG_LIBDIR=$root/$triplet/pkgconfig:$root/lib/pkgconfig:$root/share/pkgconfig
    export LD_LIBRARY_PATH=$root/$triplet${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
    # Nothing but what travelled along, wherever it is built.
    options+=(-DCMAKE_PREFIX_PATH="$root;$root/$triplet/cmake" -DCMAKE_LIBRARY_PATH="$root/$triplet"
      -DCMAKE_LIBRARY_ARCHITECTURE=x86_64-linux-gnu -DCMAKE_FIND_USE_CMAKE_SYSTEM_PATH=OFF
      "-DCMAKE_EXE_LINKER_FLAGS=-L$root/$triplet -Wl,-rpath-link,$root/$triplet")
    flags+=" -isystem $root/include -isystem $root/include/x86_64-linux-gnu"
  fi
  cmake "${options[@]}" "-DCMAKE_CXX_FLAGS=$flags"
}

# cuBLASLt and CUPTI may lie in a Python package instead of the toolkit.
find_library() {  # NAME
  local place
  ldconfig -p 2>/dev/null | grep -q "$1" && return
  [ -e "/usr/local/cuda/lib64/$1" ] && return
  place=$(find / -xdev -name "$1" -printf '%h\n' -quit 2>/dev/null)
  [ -z "$place" ] || export LD_LIBRARY_PATH=$place${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
}

if [ -d libraries ]; then
  export LD_LIBRARY_PATH=$PWD/libraries/usr/lib/x86_64-linux-gnu${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
fi
find_library libcublasLt.so.13
find_library libcupti.so.13
# The same file that the program opens: as the loader finds it, then where the toolkit is.
place_of_cupti() {
  local folder
  for folder in ${LD_LIBRARY_PATH//:/ }; do
    [ -e "$folder/libcupti.so.13" ] && { echo "$folder/libcupti.so.13"; return; }
  done
  ldconfig -p 2>/dev/null | sed -n 's/.*libcupti\.so\.13.* => //p' | head -n 1 | grep . && return
  [ -e /usr/local/cuda/lib64/libcupti.so.13 ] && echo /usr/local/cuda/lib64/libcupti.so.13
}
cupti=$(place_of_cupti)
rm -f gpu-check.db gpu-check-runs.* gpu-check-torch.json gpu-check.pftrace gpu-check.activities gpu-check-nvtx.activities

export -f configure
if [ -z "${GPU_CHECK_BUILD:-}" ]; then
  step configure 60 bash -c configure
  # The program alone first: figures wait for nothing else.
  step "build the program" 240 cmake --build "$build" --target ridgepoint
fi
readonly program=$build/bin/ridgepoint
built() { [ -x "$build/bin/$1" ] && absent= || absent="$1 was not built"; }

built ridgepoint
step "list backends" 30 "$program" list backends
device=$absent
if [ -z "$device" ] && [ "$backend" = cuda ]; then
  device=$("$program" list backends | sed -n 's/^cuda *\(not offered: .*\)/\1/p' | sed 's/  .*//')
fi
on_device() {  # PROGRAM: what follows needs it and the device
  built "$1"
  absent=${device:-$absent}
}

# What is asked for comes first, ceilings before all figures that are held against them: the time limit then cuts
# what can be run again any day.
on_device ridgepoint
step "ceilings" 90 "$program" roofline --device cuda:0 --db gpu-check.db --label ceilings
measure() {  # NAME MOST_SECONDS OPTIONS...
  step "$1" "$2" "$program" run --db gpu-check.db --label "$1" --backend "$backend" --processes 1 \
    --most-processes 1 --repetitions 5 --case-budget-seconds 12 "${@:3}"
}
# Timeline, counters and energy: what is in the details of these runs, or why it is not.
profile() {  # NAME MOST_SECONDS OPTIONS...
  step "$1" "$2" "$program" profile --db gpu-check.db --label "$1" --backend "$backend" --processes 1 \
    --most-processes 1 --repetitions 5 --case-budget-seconds 12 "${@:3}"
}
# The reference would take minutes for each of the large ones.
measure "decode, 8B, bf16" 90 --model "$large" --type bf16 --prompt 2048 --generate 64 --check false
measure "decode, 8B, q8_0" 60 --model "$large" --type q8_0 --prompt 32 --generate 64 --check false
measure "decode, 8B, q4_0" 60 --model "$large" --type q4_0 --prompt 32 --generate 64 --check false
measure "decode, 8B, w4a16" 60 --model "$large" --type bf16 --transform w4a16:group=128 --prompt 32 --generate 64 --check false
for shape in "4096 4096,1024,14336" "14336 4096"; do
  measure "prefill products, 8B, from ${shape% *}" 30 --workload op --op matrix_product --rows 2048 --type bf16 \
    --in "${shape% *}" --out "${shape#* }" --check false
done
measure "decode attention, depth 32k" 30 --workload op --op attention --rows 1 --heads 32 --kv-heads 8 \
  --head-dim 128 --depth 32767 --check false
export RIDGEPOINT_CUPTI_RECORDING=$PWD/gpu-check.activities
profile "profile, 1B, bf16, recording on" 60 --model "$small" --type bf16 --prompt 128 --generate 32 --graph on \
  --check false
unset RIDGEPOINT_CUPTI_RECORDING
profile "products, counted" 60 --workload op --op matrix_product --rows 1 --in 4096 --out 4096,14336 \
  --type bf16,q8_0 --cache cold-gpu,rotate-gpu
# PyTorch, where it is: with its own compilation this takes about two minutes.
if [ -z "$absent" ] && ! python3 -c 'import torch, sys; sys.exit(not torch.cuda.is_available())' 2>/dev/null; then
  absent="no python3 with a torch that has CUDA"
fi
step "PyTorch, 8B shape, bf16" 150 sh -c 'python3 scripts/torch-llama.py --prompt 2048 --generate 64 >gpu-check-torch.json'
torch_why=${absent:-failed, or no time was left}

# Whether it is right.
if [ -z "${GPU_CHECK_BUILD:-}" ]; then
  absent=
  step "build the tests" 180 cmake --build "$build" --target test_contract test_backends test_profiler -- -k 0
fi
on_device test_contract
step "contract suite" 180 "$build/bin/test_contract" --gtest_filter="*/$backend" --gtest_brief=1
built test_backends
step "emulated device" 60 "$build/bin/test_backends" --gtest_filter='Cuda*:Emulated*:Repack*:Portable*:*Plan.*' --gtest_brief=1
built test_profiler
step "CUPTI's records and ranges" 60 "$build/bin/test_profiler" --gtest_brief=1 \
  --gtest_filter='*Cupti*:*Timeline*:*Activit*:*RangeCounter*:*CountedRanges*:*MetricSchedule*:*Nvml*'

# What else there is to know, as far as time goes.
on_device ridgepoint
measure "decode and prefill, 1B, checked" 90 --model "$small" --type bf16,q8_0 --prompt 512 --generate 32
profile "profile, 1B, bf16, recording off" 60 --model "$small" --type bf16 --prompt 128 --generate 32 --graph off \
  --check false
# The timeline joins by NVTX what ids do not tell, if NVTX's ranges go to CUPTI, which has to be said before the first
# of them. By itself, since ranges cost something and the profile above says what the timeline does.
if [ -n "$cupti" ]; then
  export NVTX_INJECTION64_PATH=$cupti RIDGEPOINT_CUPTI_RECORDING=$PWD/gpu-check-nvtx.activities
  profile "profile, 1B, bf16, with NVTX" 60 --model "$small" --type bf16 --prompt 128 --generate 32 --graph on \
    --check false
  unset NVTX_INJECTION64_PATH RIDGEPOINT_CUPTI_RECORDING
fi
measure "decode, 8B, bf16, without recording" 60 --model "$large" --type bf16 --graph off \
  --prompt 32 --generate 64 --check false
measure "prefill in eight bits and not" 60 --workload op --op matrix_product --rows 2048 --in 4096 --out 14336 \
  --type fp8,q8_channel --backend "$backend:eight_bits=0" --check false
measure "decode attention by type of KV" 30 --workload op --op attention --rows 1 --heads 32 --kv-heads 8 \
  --head-dim 128 --depth 32767 --kv fp8,bf16 --check false
measure "a product, warm" 30 --workload op --op matrix_product --rows 1 --in 4096 --out 4096 --type bf16,q8_0
measure "products of 16 to 64 rows" 40 --workload op --op matrix_product --rows 16,32,64,65 --in 4096 --out 14336 \
  --type q8_0,q4_0,fp8,q8_channel --check false
step "what limits it" 20 "$program" explain "profile, 1B, bf16, recording on" --db gpu-check.db
step "a trace for Perfetto" 20 "$program" trace "profile, 1B, bf16, recording on" --db gpu-check.db \
  -o gpu-check.pftrace
on_device test_contract
[ -n "$absent" ] || command -v compute-sanitizer >/dev/null || absent="no compute-sanitizer"
for tool in memcheck racecheck; do
  step "compute-sanitizer $tool" 60 compute-sanitizer --tool "$tool" --error-exitcode 9 \
    "$build/bin/test_contract" --gtest_brief=1 --gtest_filter='*AgreesWithTheReferenceOnEveryOperatorItSupports/cuda'
done

# ---- figures ----

if [ -x "$program" ] && [ -s gpu-check.db ]; then
  "$program" list runs --db gpu-check.db 2>/dev/null | awk 'NR > 1 {print $1}' >gpu-check-runs.txt
  while read -r run; do
    "$program" export "$run" --db gpu-check.db --format json >>gpu-check-runs.json 2>/dev/null
    "$program" export "$run" --db gpu-check.db --format csv >>gpu-check-runs.csv 2>/dev/null
  done <gpu-check-runs.txt
fi
number_of() { sed -n "s/.*\"$1\": *\([0-9.eE+-]*\).*/\1/p" gpu-check-torch.json 2>/dev/null | head -n 1; }
figures() {
  touch gpu-check-runs.csv
  awk -f scripts/gpu-figures.awk \
    -v counted="$(grep -o 'counted_over_needed[\\": ]*[0-9.]*' gpu-check-runs.json 2>/dev/null | grep -o '[0-9.]*$' | tr '\n' ' ')" \
    -v torch_decode="$(number_of decode_tokens_per_second)" -v torch_prefill="$(number_of prefill_tokens_per_second)" \
    -v torch_why="$torch_why" gpu-check-runs.csv
}

{
  printf '{\n"written": "%s",\n"commit": "%s",\n"seconds": %d,\n' "$(date -u +%FT%TZ)" \
    "$(cat COMMIT 2>/dev/null || git rev-parse HEAD)" "$SECONDS"
  printf '"device": %s,\n' "$(nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.max.sm,mig.mode.current \
    --format=csv,noheader 2>&1 | json_text)"
  printf '"why_no_gpu": %s,\n' "$([ -z "$device" ] && echo null || echo "$device" | json_text)"
  printf '"nvcc": %s,\n"steps": [\n' "$(nvcc --version 2>&1 | tail -n 2 | json_text)"
  for ((i = 0; i < ${#steps[@]}; ++i)); do
    printf '%s%s\n' "${steps[i]}" "$([ $((i + 1)) -lt ${#steps[@]} ] && echo ,)"
  done
  printf '],\n"figures": [\n'
  figures
  printf '],\n"stands_in": %s,\n"runs": [' "$([ "$backend" = cuda ] && echo false || echo true)"
  # One document a run, one after the other: a comma where one ends and the next begins.
  [ ! -s gpu-check-runs.json ] || sed -e ':a' -e 'N' -e '$!ba' -e 's/}\n{/},\n{/g' gpu-check-runs.json
  printf ']\n}\n'
} >"$out"
echo "gpu-check: of ${#steps[@]} steps $failures failed and $not_run were not run${device:+ ($device)}; $SECONDS s; $out"
[ "$failures" -eq 0 ] && [ -z "$device" ]
