#!/usr/bin/env bash
# From a fresh Debian 12 to a measured table: installs packages, configures, builds, runs the
# default suite. Further arguments go to `ridgepoint run` (for example --suite ops).
set -euo pipefail
cd "$(dirname "$0")/.."

export CCACHE_BASEDIR=$PWD  # so that checkouts share what was compiled
scripts/install-packages.sh
cmake --preset release -DRIDGEPOINT_TESTS=OFF
cmake --build --preset release --target ridgepoint
build/bin/ridgepoint run "$@"
