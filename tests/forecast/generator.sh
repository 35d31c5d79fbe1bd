#!/bin/sh
# A few generated teams with known truth: coverage and chances within what chance explains. generator.sh BUILD
set -u
build=${1:?usage: generator.sh BUILD}
sh bench/accuracy_generator.sh "$build/dealcast" "$build/dealcast-generate" 1 6
code=$?
echo "$((code == 0)) passed, $((code != 0)) failed"
exit $code
