#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# Is what `cmake --install` makes enough for a harness of somebody else's? Installs it, moves
# it, builds examples/lockstep/ on it and on nothing else, and runs that, and the program.
# Usage: scripts/package.sh [PRESET], which is release if not told; of another one, such as
# fuzz, what is built is used.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
preset=${1:-release}
build=$root/build/$preset

fail() { printf 'package: %s\n' "$*" >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# quietly COMMAND...: what it printed is shown if it failed.
quietly() { "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; fail "failed: $*"; }; }

# expect CODE TEXT COMMAND...: that it ends so, and that its output has TEXT in it.
expect() {
  local code=0
  "${@:3}" >"$work/output" 2>&1 || code=$?
  if ((code != $1)) || ! grep -qF -- "$2" "$work/output"; then
    cat "$work/output" >&2
    fail "exit code $code, and not $1 and '$2': ${*:3}"
  fi
}

cd "$root"
quietly cmake --preset "$preset"
quietly cmake --build "$build" --target tidemark_libraries tidemark_cli
quietly cmake --install "$build" --prefix "$work/first"
mv "$work/first" "$work/moved"
# A path of the checkout would be found here, and nowhere else.
! grep -rlF -e "$root" -e "$work/first" "$work/moved/lib/cmake" ||
  fail "the package names the folder that it was built in"

cp -r examples/lockstep "$work/example"
# A sanitizer's library is its compiler's.
mapfile -t compilers < <(sed -nE 's/^(CMAKE_(C|CXX)_COMPILER):[A-Z]+=(.*)/-D\1=\3/p' \
  "$build/CMakeCache.txt")
quietly cmake -S "$work/example" -B "$work/build" -G Ninja "${compilers[@]}" \
  -DCMAKE_PREFIX_PATH="$work/moved" -DCMAKE_BUILD_TYPE=Release
quietly cmake --build "$work/build"
! grep -qF "$root/" "$work/build/build.ninja" || fail "the example is built with the checkout"

cat >"$work/agrees.trace" <<'END'
attach g0 emulated
map 0p 4p rw
start
write m0+2p-1 2
query m0 m0.size => 0 words 0:0x6
END
sed 's/0:0x6/0:0x7/' "$work/agrees.trace" >"$work/diverges.trace"
echo 'map 0p' >"$work/broken.trace"
for program in "$work/build/lockstep" "$work/moved/bin/tidemark replay"; do
  # shellcheck disable=SC2086
  expect 0 agrees $program "$work/agrees.trace"
  # shellcheck disable=SC2086
  expect 1 'diverges: ' $program "$work/diverges.trace"
  # shellcheck disable=SC2086
  expect 2 "broken.trace':1: " $program "$work/broken.trace"
done
expect 0 'dirty 0:0x6' "$work/build/tracker"
expect 0 'nothing was recorded' "$work/moved/bin/tidemark" record \
  --recorder "$work/moved/lib/tidemark/tidemark_recorder.so" -o "$work/made.trace" true
echo "the package of build/$preset, moved: the example and the program work"
