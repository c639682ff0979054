#!/usr/bin/env bash
# Whether the tarball runs on a machine with nothing but glibc >= 2.36: makes it (or takes the one
# given), reads what each program and library in it needs, and runs the program in a root folder that
# holds glibc's libraries and the tarball, nothing else. Without the right to change the root that last
# step is left out, and said so.
#   scripts/check-tarball.sh [TARBALL]
set -euo pipefail
cd "$(dirname "$0")/.."
readonly newest_glibc=2.36
readonly glibc='^(ld-linux-x86-64|ld-linux-aarch64|libc|libm|libdl|librt|libpthread|libutil|libresolv|libanl|libmvec)\.so\.'
fail() { echo "check-tarball: $*" >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

tarball=${1:-}
if [ -z "$tarball" ]; then
  cmake --preset release >/dev/null
  cmake --build --preset release --target ridgepoint
  (cd build && cpack -G TGZ -B "$work/made" >/dev/null) || fail "cpack failed"
  tarball=$(echo "$work"/made/ridgepoint-*.tar.gz)
fi
[ -f "$tarball" ] || fail "$tarball: no such file"

root=$work/root
mkdir -p "$root"/{opt,proc,sys,dev,tmp}
tar -xzf "$tarball" -C "$root/opt"
tree=$(echo "$root"/opt/*)
[ -d "$tree" ] || fail "$tarball: not one folder at the top"

for path in bin/ridgepoint share/ridgepoint/suites/smoke.toml include/ridgepoint/plugin.h \
            lib/cmake/ridgepoint/ridgepointConfig.cmake share/doc/ridgepoint/licences/NOTICE.txt; do
  [ -e "$tree/$path" ] || fail "$path is missing from the tarball"
done

# ---- what everything needs ----
mapfile -t elves < <(find "$tree/bin" "$tree/lib" -type f -exec sh -c \
  'head -c 4 "$1" | grep -q ELF && echo "$1"' sh {} \;)
version_of() { printf '%s\n' "$@" | sort -V | tail -n 1; }
for elf in "${elves[@]}"; do
  while read -r needed; do
    [[ $needed =~ $glibc ]] || [ -e "$tree/lib/ridgepoint/$needed" ] ||
      fail "${elf#"$tree"/} needs $needed, which is neither glibc's nor in the tarball"
  done < <(readelf --dynamic --wide "$elf" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
  newest=$(readelf --version-info --wide "$elf" | grep -o 'GLIBC_[0-9.]*' | sed 's/GLIBC_//' | sort -Vu | tail -n 1)
  [ "$(version_of "${newest:-0}" "$newest_glibc")" = "$newest_glibc" ] ||
    fail "${elf#"$tree"/} needs glibc $newest; $newest_glibc is promised"
done
# A run path is looked at for what a file needs itself, not for what its libraries need in turn: so
# the program has to name every bundled library that a bundled library wants.
program_needs=$(readelf --dynamic --wide "$tree/bin/ridgepoint" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
for library in "$tree"/lib/ridgepoint/*; do
  name=$(basename "$library")
  [ -L "$library" ] || readelf --dynamic "$library" >/dev/null || fail "lib/ridgepoint/$name is no library"
  soname=$(readelf --dynamic --wide "$library" | sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p')
  grep -qxF "$soname" <<<"$program_needs" || fail "the program does not name $soname, so it may not be found"
done
echo "check-tarball: ${#elves[@]} programs and libraries need only glibc <= $newest_glibc and each other;" \
     "bundled: $(find "$tree/lib/ridgepoint" -type f -printf '%f ')"
echo "check-tarball: $(du -h --apparent-size "$tarball" | cut -f1) packed, $(du -sh --apparent-size "$tree" | cut -f1) unpacked"

# ---- in a root of its own ----
for library in $(ldd "$tree/bin/ridgepoint" | grep -o '/[^ ]*'); do
  [[ $(basename "$library") =~ $glibc ]] || continue
  mkdir -p "$root$(dirname "$library")"
  cp -L "$library" "$root$library"
done
# With what a kernel gives, /proc, /sys and /dev; no file but glibc's, and an empty environment.
enter=(--mount --pid --fork "--mount-proc=$root/proc")
unshare "${enter[@]}" true 2>/dev/null || enter=(--user --map-root-user "${enter[@]}")
if ! unshare "${enter[@]}" true 2>/dev/null; then
  echo "check-tarball: not allowed to change the root here; not run in a bare one"
  exit 0
fi
unshare_program=$(command -v unshare)
run() {
  # shellcheck disable=SC2016  # expanded inside
  env -i HOME=/tmp PATH=/usr/sbin:/usr/bin:/sbin:/bin "$unshare_program" "${enter[@]}" /bin/sh -c '
    for folder in dev sys; do mount --rbind /$folder "$0/$folder"; done
    unset PATH PWD OLDPWD
    exec "$@"' "$root" "$chroot_program" "$root" "/opt/$(basename "$tree")/bin/ridgepoint" "$@"
}
chroot_program=$(PATH=$PATH:/usr/sbin:/sbin command -v chroot)
run --version || fail "ridgepoint --version failed in a bare root"
run list suites | grep -q smoke || fail "the bundled suites are not found in a bare root"
run run --prompt 8 --generate 2 --stationarity off --db /tmp/check.db || fail "a case failed in a bare root"
echo "check-tarball: runs in a root with nothing but glibc"
