#!/bin/sh
# The public maven-crm deals, forecast month by month: maven.sh BUILD. The sums that came are known, too.
set -u
build=${1:?usage: maven.sh BUILD}
if [ ! -r "${DEALCAST_DATASETS:-}/maven-crm/sales_pipeline.csv" ]; then
  if [ "${DEALCAST_REQUIRE_DATA:-}" = 1 ]; then
    echo "data is required, but \$DEALCAST_DATASETS/maven-crm is not there"
    echo "0 passed, 1 failed"
    exit 1
  fi
  echo "skipped: \$DEALCAST_DATASETS/maven-crm is not there"
  exit 0
fi
output=$(sh bench/accuracy_maven.sh "$build/dealcast")
code=$?
echo "$output"
failed=0
[ $code -eq 0 ] || failed=1
actual=$(echo "$output" | awk '/^2017/ { printf "%s ", $3 }')
[ "$actual" = "1338466 696932 1050059 1235264 731980 938943 1131573 " ] || { echo "not what came: $actual"; failed=1; }
echo "$((1 - failed)) passed, $failed failed"
exit $failed
