#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# Fuzzes a tracker with ten bugs at once (corpus/bugs/together.txt) and asks of
# each finding whose it is: a bug is found if the program of some finding fails
# on the tracker that has this bug alone. Fails if one of the ten is not found.
# Usage: scripts/together.sh SECONDS, with build/fuzz/bugs built.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bugs=build/fuzz/bugs
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$bugs/together/tidemark" fuzz --seconds "$1" --target "$bugs/together/libfuzzer" \
  --seeds build/fuzz/seeds_alone --work "$work/work" --findings "$work/findings" || (($? == 1))

missing=0
while read -r bug; do
  names=()
  for finding in "$work"/findings/*/; do
    # Exit code 1: it fails. A program that shows two bugs counts for both.
    "$bugs/$bug/tidemark" replay --quiet "$finding/program.trace" >/dev/null 2>&1 ||
      names+=("$(basename "$finding")")
  done
  printf '%-44s %d names: %s\n' "$bug" "${#names[@]}" "${names[*]:-}"
  ((${#names[@]})) || missing=$((missing + 1))
done < <(grep -v '^#' corpus/bugs/together.txt)
printf '%d findings; %d of the bugs not found\n' "$(find "$work/findings" -mindepth 1 -maxdepth 1 | wc -l)" "$missing"
((missing == 0))
