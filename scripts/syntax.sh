#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# Has the compiler of a preset look at every file, with warnings as errors and without
# precompiled headers, so that each includes what it needs. No code is made: that takes
# as long again. `--units`: the C++ files of a target at once, in a quarter of the time. What one
# of them does not include another may: other builds see that, but of harness/cli/, whose headers
# they precompile and which so goes by the file here as well.
# Usage: scripts/syntax.sh [--units] PRESET
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
by_units=
[[ ${1:-} != --units ]] || { by_units=yes; shift; }
(($# == 1)) || { echo "usage: scripts/syntax.sh [--units] PRESET" >&2; exit 2; }
build=build/syntax-$1
mkdir -p "$build"
if ! { cmake --preset "$1" -B "$build" -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON &&
  cmake --build "$build" --target tidemark_build_info; } >"$build/log" 2>&1; then
  cat "$build/log" >&2
  exit 2
fi

# commands_in FILE: of those of CMake in it, each in a line.
commands_in() {
  sed -n 's/^ *"command": "\(.*\)",*$/\1/p' "$1" | sed 's/\\\(["\\]\)/\1/g'
}
mapfile -t commands < <(commands_in "$build/compile_commands.json")
count=${#commands[@]}
((count > 80)) || { echo "syntax: where is the code?" >&2; exit 2; }
if [[ $by_units ]]; then
  names=$(sed -n "s|^ *\"file\": \"$PWD/\(.*\.cc\)\",*$|\1|p" "$build/compile_commands.json" |
    grep -vE '^(build|harness/cli)/' | sort -u)
  scripts/units.sh "$build" <<<"$names"
  mapfile -t commands < <(
    printf '%s\n' "${commands[@]}" | grep -vE " -c $PWD/(${names//$'\n'/|})$"
    commands_in "$build/units/compile_commands.json")
fi
cd "$build"
printf '%s -fsyntax-only\n' "${commands[@]}" |
  xargs -d '\n' -P "$(nproc)" -n 1 bash -c 'eval "$0"'
echo "$count files"
