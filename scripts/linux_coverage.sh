#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# What of Linux's vfio_iommu_type1.c the tests in peers/linux reach, with the corpus
# among them, for each version. `--uncovered`: also the lines that they do not.
# Fails below 95 % of the lines that can be reached, and if one of those that
# peers/linux/unreachable.txt lists is reached, or is none. Exit code 2: cannot run.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$root/build/coverage
show=
if [[ ${1:-} == --uncovered ]]; then show=yes; fi
versions=(6.1 6.12)

for version in "${versions[@]}"; do
  [[ -e /usr/src/linux-source-$version.tar.xz ]] && continue
  echo "linux_coverage: install ${versions[*]/#/linux-source-} (Debian's packages) first" >&2
  exit 2
done
"$root/tidemark" setup
cd "$root"
mkdir -p "$build"
if ! { cmake --preset coverage -DTIDEMARK_LINUX=ON &&
  cmake --build --preset coverage --target linux_tests; } >"$build/log" 2>&1; then
  cat "$build/log" >&2
  exit 2
fi

# Counters of the two versions have the same names: each runs by itself. Lines of
# macros count where the macros are used.
judge='
  FILENAME == list {
    if ($1 == version) { ++entries; entry[entries] = $2 " " $3; name[entries] = $2; lines[entries] = $3 }
    next
  }
  FILENAME == source { text[FNR] = $0; next }
  /^SF:/ { here = $0 == "SF:" source }
  here && /^FN:/ { split(substr($0, 4), f, ","); sub(/.*[:;]/, "", f[2]); function_at[f[1]] = f[2] }
  here && /^DA:/ { split(substr($0, 4), d, ","); if (text[d[1]] !~ /^#/) count[d[1]] = d[2] }

  function wrong(what) { print "linux-" version ": " what; bad = 1 }
  function check(i, part, parts, n, ends, line, first, last, found) {
    if (!(name[i] in begin)) { wrong("there is no " name[i]); return }
    if (lines[i] == "all") lines[i] = "0-" end[name[i]] - begin[name[i]]
    split(lines[i], ends, "-")
    first = begin[name[i]] + ends[1]
    last = begin[name[i]] + (ends[2] == "" ? ends[1] : ends[2])
    if (!(first in count) || !(last in count) || last > end[name[i]]) {
      wrong("no such line: " entry[i])
      return
    }
    for (line = first; line <= last; ++line) {
      if (!(line in count)) continue
      if (count[line]) { wrong("is reached after all: " entry[i]); return }
      unreachable[line] = 1
    }
  }
  END {
    for (line = 1; line <= length(text); ++line) {
      if (line in function_at) { current = function_at[line]; begin[current] = line }
      if (line in count) { of[line] = current; end[current] = line }
    }
    for (i = 1; i <= entries; ++i) check(i)
    for (line = 1; line <= length(text); ++line) {
      if (!(line in count)) continue
      if (line in unreachable) { ++excluded; continue }
      ++reachable
      if (count[line]) ++covered
      else if (show) print "linux-" version " " of[line] " " line - begin[of[line]] ": " text[line]
    }
    if (!reachable) { wrong("nothing was counted"); exit 1 }
    percent = 100 * covered / reachable
    printf "linux-%-5s %d of %d lines that can be reached, %.1f %%; %d cannot be\n", version,
      covered, reachable, percent, excluded
    exit bad || percent < 95
  }'

# judge_version VERSION: runs its tests, and says what they reached.
judge_version() {
  local version=$1 run=$build/linux-$1 name=linux_${1/./_} list source
  if ! LLVM_PROFILE_FILE=$run.profraw "$build/peers/linux/linux_tests" \
    --gtest_filter="*/$name" >"$run.log" 2>&1; then
    cat "$run.log" >&2
    exit 2
  fi
  llvm-profdata-19 merge -o "$run.profdata" "$run.profraw"
  # Functions of headers that a version does not use have no counters.
  if ! llvm-cov-19 export -format=lcov "$build/peers/linux/linux-$version/${name}_all.o" \
    -instr-profile="$run.profdata" >"$run.lcov" 2>"$run.log"; then
    cat "$run.log" >&2
    exit 2
  fi
  list=peers/linux/unreachable.txt
  source=$build/peers/linux/linux-$version/drivers/vfio/vfio_iommu_type1.c
  awk -v list="$list" -v source="$source" -v version="$version" -v show="$show" "$judge" \
    "$list" "$source" "$run.lcov"
}

jobs=() status=0
for version in "${versions[@]}"; do
  judge_version "$version" &
  jobs+=($!)
done
for job in "${jobs[@]}"; do wait "$job" || status=$?; done
exit "$status"
