#!/usr/bin/env bash
# Every test, from a fresh Debian 12: installs packages, builds, runs. With no argument: the release
# build and all its tests. Parts can be named; `all` is what continuous integration runs.
#   scripts/test.sh [format] [release] [package] [asan] [tidy] [tsan] [fuzz] [all]
set -euo pipefail
cd "$(dirname "$0")/.."

parts=("$@")
[ ${#parts[@]} -gt 0 ] || parts=(release)
[ "${parts[0]}" != all ] || parts=(format release package asan tidy tsan fuzz)

sources() { git ls-files '*.cpp' '*.h' '*.c' | grep -v '^workloads/training/'; }

test_preset() {  # configure, build and run the tests of one preset
  cmake --preset "$1"
  cmake --build --preset "$1"
  ctest --preset "$1"
}

tsan() {  # one program, in two halves beside each other
  cmake --preset tsan
  cmake --build --preset tsan --target test_threaded
  local half halves=()
  for half in 0 1; do
    GTEST_TOTAL_SHARDS=2 GTEST_SHARD_INDEX=$half build-tsan/bin/test_threaded --gtest_brief=1 &
    halves+=($!)
  done
  local failed=0
  for half in "${halves[@]}"; do wait "$half" || failed=1; done
  return $failed
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
  cmake --preset fuzz
  cmake --build --preset fuzz --target fuzz_targets
  local target name
  for target in build-fuzz/bin/fuzz_*; do
    name=$(basename "$target")
    mkdir -p "build-fuzz/corpus/$name"
    "$target" -runs="${RIDGEPOINT_FUZZ_RUNS:-20000}" -max_total_time=5 -timeout=10 -rss_limit_mb=2048 \
      -print_final_stats=1 "build-fuzz/corpus/$name" "tests/fuzz/corpus/$name"
  done
}

export CCACHE_BASEDIR=$PWD  # so that checkouts share what was compiled
scripts/install-packages.sh
for part in "${parts[@]}"; do
  echo "=== $part"
  case $part in
    release | asan) test_preset "$part" ;;
    tsan) tsan ;;
    fuzz) fuzz ;;
    format) format ;;
    tidy) tidy ;;
    package) scripts/check-tarball.sh ;;
    *)
      echo "scripts/test.sh: unknown part '$part'; known: format release package asan tidy tsan fuzz all" >&2
      exit 2
      ;;
  esac
done
