#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# Exports every program of the corpus, and those that show what differs in Linux,
# as C and as GoogleTest cases, and compiles them all.
# Usage: scripts/compile_exports.sh PROGRAM, where PROGRAM is the built tidemark
# (build/fuzz/tidemark). CC and CXX choose the compilers.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

fail() { printf 'compile_exports: %s\n' "$*" >&2; exit 1; }

(($# == 1)) || fail "give the path of the built tidemark"
tidemark=$(realpath "$1")
[[ -x $tidemark ]] || fail "$tidemark cannot be run"

shopt -s nullglob
programs=()
for folder in corpus/seeds corpus/regressions peers/linux/known_differences; do
  found=("$root/$folder"/*.trace)
  ((${#found[@]})) || fail "no programs in $root/$folder"
  programs+=("${found[@]}")
done

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

# One translation unit for all test cases, each in a namespace of its own: a seed
# and a regression may have the same name.
printf '#include <%s>\n' gtest/gtest.h string variant >all_cases.cc
printf '#include "%s.h"\n' factories lockstep program_text >>all_cases.cc

# export_one NUMBER PROGRAM: as both, and the C is compiled.
export tidemark
export_one() {
  "$tidemark" export c "$2" -o "program_$1.c" && "$tidemark" export gtest "$2" -o "case_$1.inc" &&
    "${CC:-gcc}" -std=c11 -Wall -Wextra -Werror -fsyntax-only "program_$1.c" ||
    { echo "compile_exports: $2" >&2; return 1; }
}
export -f export_one

for i in "${!programs[@]}"; do
  printf 'namespace case_%d {\n#include "case_%d.inc"\n}\n' "$i" "$i" >>all_cases.cc
  printf '%s\0' "$i" "${programs[i]}"
done | xargs -0 -n 2 -P "$(nproc)" bash -c 'export_one "$@"' export_one ||
  fail "what is exported as C does not compile, or is not exported"

# One as it is, so that it is known to include what it needs.
cp case_0.inc first_case.cc
for file in first_case.cc all_cases.cc; do
  "${CXX:-g++}" -std=c++20 -Wall -Wextra -Werror -fsyntax-only \
    -I"$root"/harness/{base,hardware,program,language,simulator,oracles,subjects} "$file" ||
    fail "a GoogleTest case does not compile"
done
echo "${#programs[@]} programs, each as C and as a GoogleTest case"
