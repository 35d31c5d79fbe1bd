#!/bin/sh
# The time of each model's fit by rows in a block and threads, then by rows in a tile and threads: tune.sh BUILD [MODEL]. For
# tiles all is built anew under build/tune-ROWS.
set -eu
build=$1 model=${2:-} sizes='64 128 256 512'
"$build/bench/tune" "$model"
lines=$(mktemp)
trap 'rm -f "$lines"' EXIT
for rows in $sizes; do
  make -s BUILD="build/tune-$rows" CPPFLAGS="-DDC_TILE_ROWS=$rows" "build/tune-$rows/bench/tune" >/dev/null
  "build/tune-$rows/bench/tune" "$model" 200000 own | sed "s/ / $rows /" >>"$lines"
done
"$build/bench/tune" "$model" 200000 own | sed 's/ / own /' >>"$lines"
awk '
  !($1 in place) { place[$1] = ++n; name[n] = $1 }
  { text[place[$1]] = text[place[$1]] sprintf("%13s %10.4f %10.4f\n", $2, $3, $4) }
  END { for (k = 1; k <= n; k++) printf "%s: 200000 rows\n    rows/tile   1 thread  2 threads  (seconds)\n%s", name[k], text[k] }' "$lines"
