#!/bin/sh
# All accuracy figures into one file: accuracy.sh BINARY GENERATOR OUTPUT. Seeds 1 to 200, then maven-crm where
# $DEALCAST_DATASETS has it. Prints the summaries; exit 1 when a bound is missed, 3 when a run failed.
set -u
[ $# -eq 3 ] || { echo "usage: $0 BINARY GENERATOR OUTPUT" >&2; exit 2; }
here=$(dirname "$0")
new=$3.new
{
  echo "# $("$1" --version | head -n 1), commit $(git -C "$here" rev-parse --short HEAD 2>/dev/null || echo unknown)"
  echo "# accuracy_generator.sh 1 200: 5,000 deals a seed with history and accounts, next quarter, default options"
} >"$new"
"$here/accuracy_generator.sh" "$1" "$2" 1 200 >>"$new"
code=$?
echo "# accuracy_maven.sh: maven-crm, one month ahead" >>"$new"
if [ -r "${DEALCAST_DATASETS:-}/maven-crm/sales_pipeline.csv" ]; then
  "$here/accuracy_maven.sh" "$1" >"$new.maven"
  maven=$?
  sed 's/^/# /' "$new.maven" >>"$new"
  rm -f "$new.maven"
  [ $maven -gt $code ] && code=$maven
else
  echo "# skipped: \$DEALCAST_DATASETS/maven-crm is not there" >>"$new"
fi
mv "$new" "$3"
grep '^#' "$3"
exit $code
