#!/usr/bin/env bash
# Everything that needs a GPU, in one go and under ten minutes: builds, runs the contract suite and the
# figures, and writes one JSON.
#   scripts/gpu-check.sh pack FILE.tar.gz   where the packages of scripts/packages.txt are: the tracked
#                                           sources, and every library that they need, in one file
#   scripts/gpu-check.sh [OUT.json]         where the GPU is, in the unpacked folder or in a checkout;
#                                           needs nvcc, g++ 12 or newer, CMake 3.25 and Ninja, no network
# A step that fails or finds no time left is a line of the JSON with its reason; the rest goes on.
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
export build=build-gpu
steps=()
failures=0

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
  if [ "$left" -lt 5 ]; then
    status="not run"
    echo "no time left" >"$log"
  else
    timeout "$((left < most ? left : most))" "$@" >"$log" 2>&1 || status="failed with $?"
    [ "$status" = passed ] || tail -n 15 "$log"
  fi
  [ "$status" = passed ] || failures=$((failures + 1))
  steps+=("$(printf '{"name": "%s", "status": "%s", "seconds": %d, "says": %s}' "$name" "$status" \
    "$((SECONDS - began))" "$(json_text <"$log")")")
  rm -f "$log"
  [ "$status" = passed ]
}

configure() {
  local options=(-S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_UNITY_BUILD=ON
    -DRIDGEPOINT_CUDA=ON -DRIDGEPOINT_DASHBOARD=OFF -DRIDGEPOINT_CUDA_ARCHITECTURES=native
    "-DCMAKE_CXX_FLAGS_RELEASE=-O2 -DNDEBUG" "-DCMAKE_C_FLAGS_RELEASE=-O2 -DNDEBUG")
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
rm -f gpu-check.db gpu-check-runs.json gpu-check.pftrace

export -f configure
step configure 60 bash -c configure
if step build 300 cmake --build "$build" --target ridgepoint test_contract test_backends test_profiler; then
  readonly program=$build/bin/ridgepoint
  step "list backends" 30 "$program" list backends
  step "a device is offered" 30 sh -c "! '$program' list backends | grep '^cuda .*not offered'"
  step "contract suite" 180 "$build/bin/test_contract" --gtest_filter='*cuda*' --gtest_brief=1
  step "emulated device" 60 "$build/bin/test_backends" --gtest_filter='Cuda*:Repack*:*Plan.*' --gtest_brief=1
  step "CUPTI's records and ranges" 60 "$build/bin/test_profiler" --gtest_brief=1 \
    --gtest_filter='*Cupti*:*Timeline*:*Activit*:*RangeCounter*:*CountedRanges*:*MetricSchedule*:*Nvml*'
  # Before all figures that are held against it.
  step "ceilings" 90 "$program" roofline --device cuda:0 --db gpu-check.db --label ceilings
  if command -v compute-sanitizer >/dev/null; then
    for tool in memcheck racecheck; do
      step "compute-sanitizer $tool" 60 compute-sanitizer --tool "$tool" --error-exitcode 9 \
        "$build/bin/test_contract" --gtest_brief=1 --gtest_filter='*AgreesWithTheReferenceOnEveryOperatorItSupports/cuda'
    done
  fi
  measure() {  # NAME MOST_SECONDS OPTIONS...
    step "$1" "$2" "$program" run --db gpu-check.db --label "$1" --backend "${backend:-cuda}" --processes 1 \
      --most-processes 1 --repetitions 5 --case-budget-seconds 12 "${@:3}"
  }
  measure "decode and prefill, 1B, checked" 90 --model llama-3.2-1b --type bf16,q8_0 --prompt 512 --generate 32
  # Timeline, counters and energy: what is in the details of these runs, or why it is not.
  profile() {  # NAME MOST_SECONDS OPTIONS...
    step "$1" "$2" "$program" profile --db gpu-check.db --label "$1" --backend "${backend:-cuda}" --processes 1 \
      --most-processes 1 --repetitions 5 --case-budget-seconds 12 "${@:3}"
  }
  for graph in on off; do
    profile "profile, 1B, bf16, recording $graph" 60 --model llama-3.2-1b --type bf16 --prompt 128 --generate 32 \
      --graph "$graph" --check false
  done
  step "what limits it" 20 "$program" explain "profile, 1B, bf16, recording on" --db gpu-check.db
  step "a trace for Perfetto" 20 "$program" trace "profile, 1B, bf16, recording on" --db gpu-check.db \
    -o gpu-check.pftrace
  profile "a product, warm and cold" 60 --workload op --op matrix_product --rows 1 --in 4096 --out 4096 \
    --type bf16,q8_0 --cache warm,cold-gpu
  measure "products of 16 to 64 rows" 40 --workload op --op matrix_product --rows 16,32,64,65 --in 4096 --out 14336 \
    --type q8_0,q4_0 --check false
  # The reference would take minutes for each of these.
  measure "decode, 8B, bf16" 90 --model llama-3.1-8b --type bf16 --prompt 2048 --generate 64 --check false
  measure "decode, 8B, bf16, without recording" 90 --model llama-3.1-8b --type bf16 --graph off \
    --prompt 32 --generate 64 --check false
  measure "decode, 8B, q8_0" 90 --model llama-3.1-8b --type q8_0 --prompt 32 --generate 64 --check false
  measure "decode, 8B, w4a16" 90 --model llama-3.1-8b --type bf16 --transform w4a16:group=128 --prompt 32 --generate 64 --check false
  measure "decode, 8B, q4_0" 90 --model llama-3.1-8b --type q4_0 --prompt 32 --generate 64 --check false
  measure "decode attention, depth 32k" 30 --workload op --op attention --rows 1 --heads 32 --kv-heads 8 \
    --head-dim 128 --depth 32767 --check false
  for label in $("$program" list runs --db gpu-check.db 2>/dev/null | awk 'NR > 1 {print $1}'); do
    "$program" export "$label" --db gpu-check.db --format json
  done >gpu-check-runs.json 2>/dev/null
fi

{
  printf '{\n"written": "%s",\n"commit": "%s",\n"seconds": %d,\n' "$(date -u +%FT%TZ)" \
    "$(cat COMMIT 2>/dev/null || git rev-parse HEAD)" "$SECONDS"
  printf '"device": %s,\n' "$(nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.max.sm,mig.mode.current \
    --format=csv,noheader 2>&1 | json_text)"
  printf '"nvcc": %s,\n"steps": [\n' "$(nvcc --version 2>&1 | tail -n 2 | json_text)"
  for ((i = 0; i < ${#steps[@]}; ++i)); do
    printf '%s%s\n' "${steps[i]}" "$([ $((i + 1)) -lt ${#steps[@]} ] && echo ,)"
  done
  printf '],\n"runs": ['
  # One document a run, one after the other: a comma where one ends and the next begins.
  [ ! -s gpu-check-runs.json ] || sed -e ':a' -e 'N' -e '$!ba' -e 's/}\n{/},\n{/g' gpu-check-runs.json
  printf ']\n}\n'
} >"$out"
echo "gpu-check: $failures of ${#steps[@]} steps did not pass; $SECONDS s; $out"
[ "$failures" -eq 0 ]
