#!/bin/sh
# Pictures of every view and tab of the dashboard, light and dark, at 1280x720 and 3840x2160, drawn without
# a display; to be looked at. Without a database they are of a real run: a small model, profiled twice here.
#   scripts/dashboard-pictures.sh FOLDER [DATABASE [OPTIONS]]   options as of `ridgepoint dashboard`
# Environment: BIN, where the programs are (build/bin).
set -eu
if [ $# -lt 1 ]; then
  sed -n '2,5s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
folder=$1
shift
bin=${BIN:-build/bin}
mkdir -p "$folder"
if [ $# -gt 0 ]; then
  "$bin/ridgepoint-dashboard" --screenshot all "$folder" "$@"
else
  database=$folder/real.db
  rm -f "$database" "$database"-*
  # Ceilings of few sizes on one thread, which take a second; without any, profiling would measure more.
  "$bin/ridgepoint" roofline --db "$database" --quick --threads 1 --largest-mib 8 >"$folder/ceilings.txt" || [ $? = 1 ]
  for label in before after; do
    # A case that is noisy here is worth a picture as well: exit code 1 says that one did not come out ok.
    "$bin/ridgepoint" profile --db "$database" --label "$label" --model byte-llama-6m --backend cpu \
      --prompt 32 --generate 16 --threads 1 --processes 1 --most-processes 1 --case-budget-seconds 0.3 \
      --remeasure-noisy false >"$folder/$label.txt" || [ $? = 1 ]
  done
  "$bin/ridgepoint-dashboard" --screenshot all "$folder" "$database" --baseline before --run after
fi
# Eight views, two themes, two sizes; a picture of nothing but its frame is a few kilobytes.
count=$(find "$folder" -name '*-light-1280x720.png' -size +8k | wc -l)
[ "$count" -ge 8 ] || { echo "$folder: only $count views were drawn" >&2; exit 1; }
