#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# clang-tidy, by .clang-tidy, on all code but the tests: GoogleTest's macros alone
# would take it longer than everything else. Any warning fails.
# Usage: scripts/lint.sh [FILE...]; without, all. Needs clang-tidy-19.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=build/lint
cd "$root"
mkdir -p "$build"

# Only configured. Without precompiled headers there is nothing to build first.
cmake --preset test -B "$build" -DTIDEMARK_SANITIZERS= -DTIDEMARK_BUGS=ON \
  -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON >"$build/log" || { cat "$build/log" >&2; exit 2; }

# Of what is built several times, once. As a part of a module its headers are
# the kernel's, and so are its rules (scripts/kernel_style.sh).
commands=$build/compile_commands.json
awk 'BEGIN { RS = "}" } /(_tracker_kernel|race_tests)[.]dir/ { next }
  { printf "%s%s", separator, $0; separator = "}" }' "$commands" >"$commands.new"
mv "$commands.new" "$commands"

units=()
if (($#)); then
  files=("$@") count=$#
else
  mapfile -t files < <(sed -n "s|^ *\"file\": \"$root/\(.*\)\",*$|\1|p" "$commands" |
    grep -E '^(impl|reference|harness|record|fuzz|corpus|bench)/.*\.(c|cc)$|^peers/.*\.cc$' |
    grep -v '_test\.cc$' | sort -u)
  count=${#files[@]}
  ((count > 80)) || { echo "lint: where is the code?" >&2; exit 2; }
  # C++ by the unit, with a link to the rules for its folder: an eighth of the work. C has small
  # headers, and stays as it is.
  printf '%s\n' "${files[@]}" | grep '\.cc$' | scripts/units.sh "$build"
  ln -s "$root/harness/.clang-tidy" "$build/units/harness/"
  units=("$build"/units/*/*.cc)
  mapfile -t files < <(printf '%s\n' "${files[@]}" | grep '\.c$')
fi

# Large ones first, so that all cores have work to the end.
tidy() { ls -S "${@:2}" | xargs -P "$(nproc)" -n 1 clang-tidy-19 -p "$1" --quiet; }
status=0
((!${#units[@]})) || tidy "$build/units" "${units[@]}" || status=1
tidy "$build" "${files[@]}" || status=1
echo "$count files"
exit "$status"
