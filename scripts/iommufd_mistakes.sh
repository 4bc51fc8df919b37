#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# Is anything in Linux's iommufd hidden by what is known of it? Makes each of the small mistakes of
# peers/iommufd/mistakes.txt in a copy of the files, and looks for it: with the programs in
# peers/iommufd/known/, then by fuzzing from nothing. Says which program found it, or after how
# many. Fails if one is found by none. Those in the newest tree are left out, and said to be, where
# there is none.
# Usage: scripts/iommufd_mistakes.sh [NAME...]
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$root/build/fuzz
most_programs=100000
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$root"

fail() { printf 'iommufd_mistakes: %s\n' "$*" >&2; exit 2; }

# shellcheck source=scripts/mistaken.sh
source "$root/scripts/mistaken.sh"

# tree_of NAME: the sources, or nothing.
tree_of() {
  if [[ $1 == newest ]]; then
    find "$root/build/linux-sources" -maxdepth 1 -name 'linux-source-*.tar.xz' 2>/dev/null |
      sort -V | tail -n 1
  else
    printf '/usr/src/linux-source-%s.tar.xz' "$1"
  fi
}

# Into $work/NAME: the files that are used, and the lines that say the version.
copy_of() {
  local tree=$1 into=$work/$2
  [[ ! -d $into ]] || return 0
  "$root/scripts/linux_tree.sh" "$build" "$tree" iommufd || exit 2
  tree=$build/iommufd-trees/${tree//\//%}
  mkdir "$into"
  cp -r "$tree/linux/." "$tree/Makefile" "$into"
}

# Which program of known/ finds it, or after how many programs the fuzzer does.
by_known() {
  "$build/peers/iommufd/iommufd_table" --subject "linux:$1" "$root"/peers/iommufd/known/*.iommufd \
    2>/dev/null | awk -F '\t' '$3 == "diverges" && !n++ { print $1 }' || true
}
# It ends when it has nobody to tell more.
by_fuzzing() {
  mkdir -p "$work/corpus"
  TIDEMARK_SUBJECT=linux:$1 "$build/peers/iommufd/iommufd_fuzzer" -runs=$most_programs -seed=1 \
    -max_len=801 -print_funcs=0 -artifact_prefix="$work/" "$work/corpus" 2>/dev/null |
    sed -nE '/^found: /{ s/^found: ([^,]*), after ([0-9]+) programs/\2 \1/p; q }' || true
  rm -rf "$work/corpus"
}

[[ -x $build/peers/iommufd/iommufd_fuzzer ]] ||
  fail "there is no fuzz target: ./tidemark iommufd --fuzz 1 builds it"
not_found=0
while IFS='|' read -r name tree file function n token replacement; do
  name=${name% } tree=${tree// } file=${file// } function=${function// } n=${n// }
  token=${token# } token=${token% } replacement=${replacement# }
  if (($#)) && [[ " $* " != *" $name "* ]]; then continue; fi
  sources=$(tree_of "$tree")
  if [[ -z $sources || ! -e $sources ]]; then
    printf '%-40s left out: no sources of %s\n' "$name" "$tree"
    continue
  fi
  copy_of "$sources" "$tree"
  cp "$work/$tree/$file" "$work/original"
  mistaken "$work/original" "$function" "$n" "$token" "$replacement" >"$work/$tree/$file" ||
    fail "$name: no such place"
  "$root/scripts/linux_tree.sh" "$build" "$work/$tree" iommufd || exit 2
  found=$(by_known "$work/$tree") how='by %s'
  found=${found##*/}
  if [[ -z $found ]]; then found=$(by_fuzzing "$work/$tree") how='after %s'; fi
  if [[ -z $found ]]; then not_found=$((not_found + 1)) how='NOT FOUND'; fi
  # shellcheck disable=SC2059
  printf "%-40s $how\n" "$name" ${found:+"$found"}
  cp "$work/original" "$work/$tree/$file"
done < <(grep -v -e '^#' -e '^$' peers/iommufd/mistakes.txt)
rm -rf "$build/iommufd-trees/${work//\//%}"*
exit $((not_found > 0))
