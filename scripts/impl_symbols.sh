#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# Asks the objects of impl/ about their symbols: every global one begins with
# tidemark_, as a kernel has one name space for all; and each object calls only
# those named before it, so that no calls go in a circle.
# Usage: scripts/impl_symbols.sh OBJECT..., from the lowest layer up, as in Kbuild.
set -euo pipefail

declare -A home=()
globals=0 wrong=0

complain() { printf 'impl_symbols: %s\n' "$*" >&2; wrong=1; }

# symbols OPTION OBJECT: its global names, but for those that compilers add.
symbols() { nm --extern-only --format=posix "$1" "$2" | sed -n 's/^\([a-z][a-z_0-9]*\) .*/\1/p'; }

for object in "$@"; do
  for symbol in $(symbols --defined-only "$object"); do
    [[ $symbol == tidemark_* ]] || complain "$(basename "$object") has a global $symbol"
    home[$symbol]=$object globals=$((globals + 1))
  done
done
((globals)) || complain "no global symbol in: $*"

declare -A below=()
for object in "$@"; do
  for symbol in $(symbols --undefined-only "$object"); do
    callee=${home[$symbol]:-}
    [[ -z $callee || -n ${below[$callee]:-} ]] ||
      complain "$(basename "$object") calls up to $(basename "$callee") ($symbol)"
  done
  below[$object]=yes
done
((!wrong))
echo "$globals global symbols in $# objects, all tidemark_, no call upwards"
