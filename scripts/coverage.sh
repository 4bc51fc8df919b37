#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# What of the tracker the corpus reaches, or the files and folders of fuzzer
# bytes that are given. `--uncovered` first: also the lines that it does not.
# Fails below 95 % of lines or 90 % of branches; docs/coverage.md has the rest.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$root/build/coverage
show=
if [[ ${1:-} == --uncovered ]]; then show=yes; shift; fi
inputs=()
for input; do inputs+=("$(realpath -e "$input")"); done

"$root/tidemark" setup
cd "$root"
mkdir -p "$build"
if ! { cmake --preset coverage && cmake --build --preset coverage --target lockstep_fuzzer; } \
  >"$build/log" 2>&1; then
  cat "$build/log" >&2
  exit 2
fi
((${#inputs[@]})) || inputs=("$build/seed_corpus")
LLVM_PROFILE_FILE=$build/corpus.profraw "$build/fuzz/lockstep_fuzzer" "${inputs[@]}" 2>/dev/null
llvm-profdata-19 merge -o "$build/corpus.profdata" "$build/corpus.profraw"
tracker=("$build/fuzz/lockstep_fuzzer" -instr-profile="$build/corpus.profdata"
  -ignore-filename-regex=os_user impl)
llvm-cov-19 report "${tracker[@]}" | tee "$build/report"
if [[ $show ]]; then
  llvm-cov-19 show "${tracker[@]}" |
    awk -v root="$root/" '/^\/.*:$/ { file = substr($0, length(root) + 1) }
      /^ *[0-9]+\| +0\|/ { print file $0 }'
fi
awk '$1 == "TOTAL" { found = 1; low = $10 + 0 < 95 || $13 + 0 < 90 } END { exit !found || low }' \
  "$build/report"
