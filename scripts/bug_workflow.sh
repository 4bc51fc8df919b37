#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# From a bug to a regression test, as a person goes about it: a copy of the tree
# gets a bug, is fuzzed, and what is found is reduced, kept and seen to fail; on
# the tree without the bug it passes. The bug is a pinned page that a query
# leaves clean, or that of the patch given.
# Usage: scripts/bug_workflow.sh [PATCH]
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
copy=$root/build/ci/bug-workflow
line='tidemark_pins_mark(mapping, first, last);'

die() { printf 'bug_workflow: %s\n' "$*" >&2; exit 1; }

# expect CODE COMMAND...; what it printed is then in $output.
expect() {
  local code=0
  output=$("${@:2}" 2>&1) || code=$?
  printf '$ %s\n%s\n' "${*:2}" "$output"
  ((code == $1)) || die "exit code $code, and not $1: ${*:2}"
}

plant() {
  if [[ $# == 1 ]]; then
    patch -s -p1 --fuzz=0 -d "$copy" <"$1"
  else
    [[ $(grep -cF "$line" "$copy/impl/report.c") == 1 ]] || die "no '$line' to take away"
    grep -qF "sed -i '/$line/d' impl/report.c" "$root/README.md" ||
      die "README.md breaks another line"
    sed -i "/$line/d" "$copy/impl/report.c"
  fi
}

rm -rf "$copy"
mkdir -p "$copy"
tar -C "$root" --exclude=./build --exclude=./findings --exclude=./.git -c . | tar -x -C "$copy"
plant "$@"
cd "$copy"

expect 1 ./tidemark fuzz --seconds 10
[[ $# == 1 || $output =~ missing-dirty|missing-marks|migration ]] || die "it found something else"
findings=(findings/*)
for finding in "${findings[@]}"; do
  for file in input program.trace report.txt report.html environment.json count; do
    [[ -s $finding/$file ]] || die "$finding has no $file"
  done
  grep -qF "found: $(basename "$finding")" <<<"$output" || die "$finding was not announced"
done
for finding in "${findings[@]}"; do
  expect 1 ./tidemark replay --quiet "$finding"
  [[ $output == *"$finding: "*": $(basename "$finding")" ]] || die "replay has another name for it"
  # What a later query shows is said where it came from.
  [[ $finding != */lockstep.after-query.missing-dirty* ]] ||
    grep -q '^cause     step [0-9]*: query .*(missing-marks)$' "$finding/report.txt" ||
    die "$finding does not say what brought it about"
done
finding=${findings[0]}

cp "$finding/input" crash
expect 0 ./tidemark minimise --output crash.min.trace crash
[[ $output == *"after "*" operations, in "*" runs"* && -s crash.min.trace ]] || die "not reduced"
expect 1 ./tidemark replay --quiet crash.min.trace
expect 0 ./tidemark keep "$finding" bug-workflow
[[ ! -e $finding ]] || die "$finding is still there"
expect 2 ./tidemark keep crash bug-workflow  # the name is taken

test=corpus/regressions/bug-workflow.trace
[[ $(head -n 1 "$test") == "# $(basename "$finding")"* ]] || die "$test does not say what went wrong"
expect 1 ./tidemark replay "$test"
expect 0 "$root/tidemark" replay "$test"
printf 'found, reduced, kept; fails with the bug, passes without\n'
