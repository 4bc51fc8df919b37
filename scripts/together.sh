#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# Fuzzes a tracker with ten bugs at once (corpus/bugs/together.txt) and asks of
# each finding whose it is: its program fails alike on the tracker that has this
# bug alone. Fails if a bug has no finding of its own, or more than two names. What
# takes two of the bugs to fail is nobody's, and shown. As long as a bug has none it goes on from
# where it was, up to four times: this is about names, and how soon a bug is found is another
# question. Usage: scripts/together.sh SECONDS, with build/fuzz configured.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
cmake --build build/fuzz --target bugs_for_together
bugs=build/fuzz/bugs
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# failure BUG PROGRAM: how it fails on the tracker with that bug; nothing if not.
failure() {
  local output
  output=$("$bugs/$1/tidemark" replay --quiet "$2" 2>&1) || (($? == 1))
  sed -n '1s/.*diverges: //p' <<<"$output"
}

mapfile -t names < <(grep -v '^#' corpus/bugs/together.txt)
declare -A of seen
wrong=0

# whose FINDING: notes which bugs it is of.
whose() {
  local program=$1/program.trace owners=() how bug
  how=$(failure together "$program")
  if [[ -z $how ]]; then
    printf 'does not fail again: %s\n' "$(basename "$1")"
    wrong=$((wrong + 1))
    return
  fi
  for bug in "${names[@]}"; do
    [[ $(failure "$bug" "$program") != "$how" ]] || owners+=("$bug")
  done
  # What fails alike with either of two is both's.
  if ! ((${#owners[@]})); then
    printf 'nobody'"'"'s: %s\n' "$(basename "$1")"
    cat "$program"
  fi
  for bug in "${owners[@]}"; do of[$bug]+=" $(basename "$1")"; done
}

for _ in 1 2 3 4; do
  "$bugs/together/tidemark" fuzz --seconds "$1" --target "$bugs/together/libfuzzer" \
    --seeds build/fuzz/seeds_alone --work "$work/work" --findings "$work/findings" || (($? == 1))
  for finding in "$work"/findings/*/; do
    [[ ! ${seen[$finding]:-} ]] || continue
    seen[$finding]=yes
    whose "$finding"
  done
  ((${#of[@]} < ${#names[@]})) || break
done
for bug in "${names[@]}"; do
  read -ra own <<<"${of[$bug]:-}"
  printf '%-40s %d names: %s\n' "$bug" "${#own[@]}" "${own[*]}"
  ((${#own[@]} >= 1 && ${#own[@]} <= 2)) || wrong=$((wrong + 1))
done
((wrong == 0))
