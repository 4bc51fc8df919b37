#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# Runs the tests with several threads, under ThreadSanitizer, on trackers that have one of
# the bugs of corpus/bugs/threads.txt, and says how often each was seen, and what saw it
# first: a race, a crash, a test, or an assertion. Fails if a bug was not seen in nine runs of
# ten, or if the tracker as it is fails in one. Usage: scripts/races.sh [RUNS [BUG...]]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
runs=${1:-10}
mapfile -t bugs < <(grep -v '^#' corpus/bugs/threads.txt)
(($# < 2)) || bugs=("${@:2}")
programs=("${bugs[@]/#/bug_}")
cmake --preset fuzz >/dev/null
cmake --build build/fuzz --target race_tests "${programs[@]/%/_race_tests}" >/dev/null
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# first_seen PROGRAM: what saw the bug in one run; "nothing" if all tests passed.
first_seen() {
  if TSAN_OPTIONS=halt_on_error=1 "$1" --gtest_fail_fast --gtest_shuffle >"$log" 2>&1; then
    echo nothing
  elif grep -q '^WARNING: ThreadSanitizer' "$log"; then
    echo race
  elif grep -q '^SUMMARY: ThreadSanitizer: ' "$log"; then
    echo crash
  elif grep -qE '^(Assertion failure|deadlock)' "$log"; then
    echo assertion
  elif grep -q '^\[  FAILED  \]' "$log"; then
    echo test
  else
    cat "$log" >&2
    return 1
  fi
}

# report NAME PROGRAM: a line; how often it was seen is in $seen.
report() {
  local -A by=()
  local i what line=
  seen=0
  for ((i = 0; i < runs; i++)); do
    what=$(first_seen "$2")
    by[$what]=$((${by[$what]:-0} + 1))
  done
  for what in race crash test assertion; do
    seen=$((seen + ${by[$what]:-0}))
    line+="${by[$what]:+ $what ${by[$what]}}"
  done
  printf '%-36s seen in %d of %d:%s\n' "$1" "$seen" "$runs" "${line:- nothing}"
}

wrong=0
report "the tracker as it is" build/fuzz/tests/race_tests
((seen == 0)) || wrong=1
for bug in "${bugs[@]}"; do
  report "$bug" "build/fuzz/bugs/$bug/race_tests"
  ((10 * seen >= 9 * runs)) || wrong=1
done
exit "$wrong"
