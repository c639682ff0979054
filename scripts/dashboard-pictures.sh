#!/bin/sh
# A picture of every view of the dashboard, light and dark, at 1280x720 and once at 3840x2160, without
# a display; to be looked at.
#   scripts/dashboard-pictures.sh DATABASE FOLDER [OPTIONS]   options as of `ridgepoint dashboard`
# Environment: DASHBOARD, the program (build/bin/ridgepoint-dashboard).
set -eu
if [ $# -lt 2 ]; then
  sed -n '2,5s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
database=$1
folder=$2
shift 2
program=${DASHBOARD:-build/bin/ridgepoint-dashboard}
mkdir -p "$folder"
for view in runs compare roofline wall timeline history quality machines; do
  for theme in light dark; do
    "$program" --screenshot "$view" "$folder/$view-$theme.png" "$database" --theme "$theme" \
      --size 1280x720 "$@"
  done
  "$program" --screenshot "$view" "$folder/$view-large.png" "$database" --theme light \
    --size 3840x2160 "$@"
done
