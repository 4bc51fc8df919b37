#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# Fuzzes each version of Linux for so many seconds. Fails if that does not work, or
# if the engine has not seen Linux's own code, without which it is blind. What it
# finds it shows and files, and that is no failure: the programs are others each
# time, and two known causes in one of them may look like something new. That what
# is known is explained is for the tests, whose programs are always the same.
# Usage: scripts/fuzz_linux.sh SECONDS
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
seen_at_least=800  # the corpus alone reaches more than 1000

fail() { printf 'fuzz_linux: %s\n' "$*" >&2; exit 1; }

(($# == 1)) || fail "for how many seconds?"
cd "$root"
for subject in linux-6.1 linux-6.12; do
  output=$(./tidemark fuzz --subject "$subject" --seconds "$1") || (($? == 1)) || fail "$output"
  printf '%s\n%s\n' "$subject" "$output"
  [[ $output =~ \;\ coverage\ ([0-9]+)\; ]] || fail "no coverage"
  ((BASH_REMATCH[1] >= seen_at_least)) || fail "the engine does not see the code of $subject"
done
