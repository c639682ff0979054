#!/usr/bin/env bash
# Every test, from a fresh Debian 12: installs packages, builds, runs. With no argument: the release
# build and all its tests. Parts can be named; `all` is what continuous integration runs.
#   scripts/test.sh [format] [release] [package] [asan] [tidy] [tsan] [fuzz] [all]
set -euo pipefail
cd "$(dirname "$0")/.."

parts=("$@")
[ ${#parts[@]} -gt 0 ] || parts=(release)
[ "${parts[0]}" != all ] || parts=(format release package asan tidy tsan fuzz)

sources() { git ls-files '*.cpp' '*.h' '*.c' '*.cu' '*.cuh' | grep -v '^workloads/training/'; }

release() {
  cmake --preset release
  cmake --build --preset release
  ctest --preset release
}

simulations='*Simulation.*:*AtTheBoundary.*:*FalseAlarms*:*KeepsFalse*:ClusteredQuantile.CoversTheTruth'

# LLVM 14 guesses where a block of thread-local storage begins from what lies before it, at times wrongly, and its search
# for leaks then dies of reading there.
export ASAN_OPTIONS=intercept_tls_get_addr=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}

in_shards() {  # PRESET FILTER PROGRAM...: the tests of each program but those that fit FILTER, in shards, as many at
               # a time as there are cores. With sanitizers a process for every test, as ctest has it, costs more
               # than most tests do.
  local program shard
  for program in "${@:3}"; do
    for shard in 0 1 2 3; do echo "$program $shard"; done
  done | BUILD=build-$1 FILTER=$2 GTEST_TOTAL_SHARDS=4 xargs -P "$(nproc)" -L 1 bash -c '
    log=$BUILD/$0_shard_$1.log
    GTEST_SHARD_INDEX=$1 timeout 900 "$BUILD/bin/$0" --gtest_brief=1 --gtest_filter="-$FILTER" >"$log" 2>&1
    status=$?
    echo "--- $0, shard $1 of 4: $(tail -1 "$log")"
    [ $status = 0 ] || { cat "$log"; exit 1; }'
}

asan() {
  cmake --preset asan
  cmake --build --preset asan
  # Left out: simulations, which only compute, and commands that measure in many processes for seconds; what
  # those call is tested by itself.
  # shellcheck disable=SC2046  # the names of test programs have no spaces
  in_shards asan "$simulations:AbCommand.*:HistoryOf*:HistoryReplay.*:WallCommand.*" \
    $(cd build-asan/bin && ls -d test_*)
}

tsan() {  # what has threads or processes of its own
  cmake --preset tsan
  cmake --build --preset tsan --target test_threaded
  in_shards tsan "$simulations" test_threaded
}

format() { sources | xargs clang-format --dry-run -Werror; }

tidy() {  # clang-tidy over the libraries and all headers, as the asan preset compiles them: a folder at
          # a time, which is several times as fast as a file at a time
  cmake --preset asan >/dev/null
  cmake --build --preset asan --target ridgepoint_commit >/dev/null  # a header that the build makes
  if ! run-clang-tidy -quiet -p build-asan -j "$(nproc)" '^(?!.*/tests/)' >build-asan/tidy.log 2>&1; then
    grep -A 4 -E '(error|warning): ' build-asan/tidy.log
    return 1
  fi
}

fuzz() {  # a short run of each fuzz target from its seed corpus; new finds stay out of the tree
  cmake --preset asan
  cmake --build --preset asan --target fuzz_targets
  local target name
  for target in build-asan/bin/fuzz_*; do
    name=$(basename "$target")
    mkdir -p "build-asan/corpus/$name"
    "$target" -runs="${RIDGEPOINT_FUZZ_RUNS:-20000}" -max_total_time=5 -timeout=10 -rss_limit_mb=2048 \
      -print_final_stats=1 "build-asan/corpus/$name" "tests/fuzz/corpus/$name"
  done
}

export CCACHE_BASEDIR=$PWD  # so that checkouts share what was compiled
scripts/install-packages.sh
for part in "${parts[@]}"; do
  echo "=== $part"
  began=$SECONDS
  case $part in
    format | release | asan | tidy | tsan | fuzz) "$part" ;;
    package) scripts/check-tarball.sh ;;
    *)
      echo "scripts/test.sh: unknown part '$part'; known: format release package asan tidy tsan fuzz all" >&2
      exit 2
      ;;
  esac
  echo "=== $part: $((SECONDS - began)) s"
done
