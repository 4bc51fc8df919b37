#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# Has the compiler of a preset look at every file, with warnings as errors and without
# precompiled headers, so that each includes what it needs. No code is made: that takes
# as long again. `--no-tests`: not at the tests.
# Usage: scripts/syntax.sh [--no-tests] PRESET
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
left_out='^$'
[[ ${1:-} != --no-tests ]] || { left_out='/tests/[a-z_]*\.cc( |$)|_test\.cc( |$)'; shift; }
(($# == 1)) || { echo "usage: scripts/syntax.sh [--no-tests] PRESET" >&2; exit 2; }
build=build/syntax-$1
mkdir -p "$build"
if ! { cmake --preset "$1" -B "$build" -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON &&
  cmake --build "$build" --target tidemark_build_info; } >"$build/log" 2>&1; then
  cat "$build/log" >&2
  exit 2
fi

mapfile -t commands < <(sed -n 's/^ *"command": "\(.*\)",*$/\1/p' "$build/compile_commands.json" |
  sed 's/\\\(["\\]\)/\1/g' | grep -vE "$left_out")
((${#commands[@]} > 80)) || { echo "syntax: where is the code?" >&2; exit 2; }
cd "$build"
printf '%s -fsyntax-only\n' "${commands[@]}" |
  xargs -d '\n' -P "$(nproc)" -n 1 bash -c 'eval "$0"'
echo "${#commands[@]} files"
