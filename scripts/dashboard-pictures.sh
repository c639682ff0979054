#!/bin/sh
# Pictures of every view and tab of the dashboard, light and dark, at 1280x720 and 3840x2160, drawn without
# a display; to be looked at. Without a database they are of real runs: a small model, profiled twice here, two
# variants of it with quality and speed, and a small operator over commits of a repository that is made for it.
# A noise passport and an elasticity test take minutes: theirs are pages that say how they are made.
#   scripts/dashboard-pictures.sh FOLDER [DATABASE [OPTIONS]]   options as of `ridgepoint dashboard`
# Environment: BIN, where the programs are (build/bin).
set -eu
if [ $# -lt 1 ]; then
  sed -n '2,7s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
folder=$1
shift
bin=${BIN:-build/bin}
mkdir -p "$folder"
if [ $# -gt 0 ]; then
  "$bin/ridgepoint-dashboard" --screenshot all "$folder" "$@"
else
  folder=$(cd "$folder" && pwd)
  bin=$(cd "$bin" && pwd)
  database=$folder/real.db
  rm -f "$database" "$database"-*
  # Short, and as it comes: a case that is noisy here is worth a picture as well, and exit code 1 says that one
  # did not come out ok.
  short="--threads 1 --processes 1 --most-processes 1 --remeasure-noisy false"
  # Ceilings of few sizes on one thread, which take a second; without any, profiling would measure more.
  "$bin/ridgepoint" roofline --db "$database" --quick --threads 1 --largest-mib 8 >"$folder/ceilings.txt" || [ $? = 1 ]
  for label in before after; do
    "$bin/ridgepoint" profile --db "$database" --label "$label" --model byte-llama-6m --backend cpu \
      --prompt 32 --generate 16 $short --case-budget-seconds 0.3 >"$folder/$label.txt" || [ $? = 1 ]
  done
  "$bin/ridgepoint" quality --db "$database" --label variants --model byte-llama-6m --backend quantized \
    --transform q8,w4a16:group=128 --with-speed --prompt 8 --generate 8 --tokens 128 --context 128 $short \
    --repetitions 2 --case-budget-seconds 0.2 >"$folder/variants.txt" || [ $? = 1 ]
  # Ten values are the fewest in which a change could be told from chance; one or two may not count.
  commits=$folder/commits
  rm -rf "$commits" "$folder"/commits.db*
  git init --quiet "$commits"
  for step in 1 2 3 4 5 6 7 8 9 10 11 12; do
    git -C "$commits" -c user.name=pictures -c user.email=pictures@example.org commit --quiet --allow-empty \
      --message "step $step"
    (cd "$commits" && "$bin/ridgepoint" run --db "$folder/commits.db" --op matrix_product --rows 4 --in 128 --out 128 \
      --type f32 --backend reference $short --case-budget-seconds 0.02) >"$folder/commits.txt" || [ $? = 1 ]
  done
  "$bin/ridgepoint-dashboard" --screenshot all "$folder" "$database" --baseline before --run after
  for theme in light dark; do
    "$bin/ridgepoint-dashboard" --screenshot history "$folder/history-commits-$theme-1280x720.png" \
      "$folder/commits.db" --theme $theme --size 1280x720
  done
  # What they show is stored, so that a view without points is a mistake of the dashboard's.
  has_rows() {
    "$bin/ridgepoint-dashboard" --screenshot "$1" "$folder/rows.csv" "$3" $4
    rows=$(wc -l <"$folder/rows.csv")
    [ "$rows" -gt "$2" ] || { echo "$folder: $1 shows $rows lines of a table, of $2 points" >&2; exit 1; }
  }
  for view in runs:4 compare:2 roofline:20 wall:5 timeline:10 quality:2 machines:10; do
    has_rows "${view%:*}" "${view#*:}" "$database" "--baseline before --run after"
  done
  has_rows history 10 "$folder/commits.db" ""
fi
# Eight views, two themes, two sizes; a picture of nothing but its frame is a few kilobytes.
count=$(find "$folder" -name '*-light-1280x720.png' -size +8k | wc -l)
[ "$count" -ge 8 ] || { echo "$folder: only $count views were drawn" >&2; exit 1; }
