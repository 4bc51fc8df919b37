#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# Is anything in Linux hidden by what is known of it? Makes each of the small mistakes of
# peers/linux/mistakes.txt in the unpacked file, in a build folder of its own, and looks
# for it: with the corpus, then with random programs. Says which programs found it: the
# n-th of the corpus, or one of so many random ones. Fails if one is found by none.
# Usage: scripts/linux_mistakes.sh [NAME...]; LINUX_VERSION=6.1 for the other version.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
version=${LINUX_VERSION:-6.12}
build=$root/build/mistakes
file=$build/peers/linux/linux-$version/drivers/vfio/vfio_iommu_type1.c
most_programs=128000
work=$(mktemp -d)
cd "$root"

fail() { printf 'linux_mistakes: %s\n' "$*" >&2; exit 2; }
build() { cmake --build "$build" --target linux_table linux_random >"$work/log" 2>&1; }

# shellcheck source=scripts/mistaken.sh
source "$root/scripts/mistaken.sh"

# Which program of the corpus finds it, if one does. A process that dies has found it, too.
by_corpus() {
  local lines code=0
  "$build/peers/linux/linux_table" corpus/{seeds,regressions}/*.trace \
    peers/linux/known_differences/*.trace >"$work/table" 2>"$work/errors" || code=$?
  lines=$(grep -P "\tlinux-$version\t" "$work/table") || true
  if [[ $lines == *$'\tdiverges\t'* ]]; then
    grep -n -m 1 -P '\tdiverges\t' <<<"$lines" | cut -d: -f1
  elif ((code)); then
    wc -l <<<"$lines"
  fi
}

# Among how many random programs there is one.
by_random() {
  for ((n = 1000; n <= most_programs; n *= 2)); do
    if ! TIDEMARK_SUBJECT=linux-$version "$build/peers/linux/linux_random" -runs=$n -seed=1 \
      -artifact_prefix="$work/" "$build/seed_corpus" >"$work/said" 2>&1; then
      printf '%s' "$n"
      return
    fi
  done
}

# As it is in the package, whatever an earlier run was killed in.
rm -f "$file"
{ cmake --preset test -B "$build" && build; } >"$work/log" 2>&1 || fail "$(tail -n 30 "$work/log")"
cp "$file" "$work/original.c"
trap 'cp "$work/original.c" "$file"; rm -rf "$work"' EXIT
[[ -z $(by_corpus) ]] || fail "the corpus already differs: $(cat "$work/table")"

not_found=0
while IFS='|' read -r name beside function n token replacement; do
  name=${name% } beside=${beside// } function=${function// } n=${n// }
  token=${token# } token=${token% } replacement=${replacement# }
  if (($#)) && [[ " $* " != *" $name "* ]]; then continue; fi
  mistaken "$work/original.c" "$function" "$n" "$token" "$replacement" >"$file" || fail "$name: no such place"
  build || fail "$name: $(tail -n 30 "$work/log")"
  found=$(by_corpus) how="program %s of the corpus"
  if [[ -z $found ]]; then found=$(by_random) how="one of %s random programs"; fi
  if [[ -z $found ]]; then not_found=$((not_found + 1)) how="NOT FOUND" found=; fi
  # shellcheck disable=SC2059
  printf "%-34s %-24s $how\n" "$name" "$beside" ${found:+"$found"}
done < <(grep -v -e '^#' -e '^$' peers/linux/mistakes.txt)
exit $((not_found > 0))
