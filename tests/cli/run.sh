#!/bin/sh
# Golden command lines: tests/cli/run.sh BUILD [NAME...]. Each folder tests/cli/NAME is one case:
#   cmd      run by sh in an empty folder; $dealcast is the program, $repo the repository, $case this folder
#   exit     the expected exit code (absent: 0)
#   stdout   the exact expected output (absent: not looked at; an empty file: nothing)
#   stderr   the expected messages, each line a shell pattern, so that * stands for anything (absent: must be empty)
# UPDATE=1 writes stdout, stderr and exit as they came: read the diff before you commit it.
set -u
build=$1
shift
repo=$(pwd)
dealcast=$repo/$build/dealcast
case $build in /*) dealcast=$build/dealcast ;; esac
[ -x "$dealcast" ] || { echo "FAIL no program at $dealcast"; exit 1; }
export dealcast repo
LC_ALL=C
export LC_ALL
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
passed=0
failed=0

# Do the lines of $2 match the patterns of $1, one by one?
matches() {
  while IFS= read -r pattern <&3 || [ -n "$pattern" ]; do
    IFS= read -r line <&4 || return 1
    [ "$line" = "$pattern" ] && continue
    # shellcheck disable=SC2254
    case $line in $pattern) ;; *) return 1 ;; esac
  done 3<"$1" 4<"$2"
  [ "$(grep -c '' "$1")" -eq "$(grep -c '' "$2")" ]
}

update() {
  cp "$scratch/stdout" "$case/stdout"
  rm -f "$case/stderr" "$case/exit"
  [ -s "$scratch/stderr" ] && cp "$scratch/stderr" "$case/stderr"
  [ "$code" -ne 0 ] && echo "$code" >"$case/exit"
  return 0
}

check() {
  why=
  expected=0
  [ -f "$case/exit" ] && expected=$(cat "$case/exit")
  [ "$code" -eq "$expected" ] || why="exit code $code, expected $expected"
  if [ -z "$why" ] && [ -f "$case/stdout" ] && ! cmp -s "$case/stdout" "$scratch/stdout"; then
    why="standard output differs"
  fi
  if [ -z "$why" ]; then
    if [ -f "$case/stderr" ]; then
      matches "$case/stderr" "$scratch/stderr" || why="messages differ"
    elif [ -s "$scratch/stderr" ]; then
      why="messages where none were expected"
    fi
  fi
}

for case in "$repo"/tests/cli/*/; do
  case=${case%/}
  name=${case##*/}
  [ -f "$case/cmd" ] || continue
  if [ $# -gt 0 ]; then
    case " $* " in *" $name "*) ;; *) continue ;; esac
  fi
  export case
  mkdir "$scratch/work"
  (cd "$scratch/work" && sh "$case/cmd") >"$scratch/stdout" 2>"$scratch/stderr" </dev/null
  code=$?
  [ "${UPDATE:-}" = 1 ] && update
  check
  rm -rf "$scratch/work"
  if [ -z "$why" ]; then
    echo "ok $name"
    passed=$((passed + 1))
  else
    echo "FAIL $name: $why"
    [ -f "$case/stdout" ] && diff "$case/stdout" "$scratch/stdout" | head -40
    [ -f "$case/stderr" ] && diff "$case/stderr" "$scratch/stderr" | head -20
    [ -f "$case/stderr" ] || head -20 "$scratch/stderr"
    failed=$((failed + 1))
  fi
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
