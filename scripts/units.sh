#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# Of the C++ files of each target of a build folder, makes one that includes them, 20 at most: then
# headers are read once and not for each file. Takes the files' names from standard input; each is
# in the unit of the first target that has it, with those that have the same flags. The units are in
# FOLDER/units/, in a folder for each of the tree's, with a compile_commands.json. Exit code 2: a
# file is compiled by nothing.
# Usage: scripts/units.sh FOLDER <NAMES
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
(($# == 1)) || { echo "usage: scripts/units.sh FOLDER <NAMES" >&2; exit 2; }
units=$1/units
rm -rf "$units"
mkdir -p "$units"/{reference,harness,fuzz,corpus,bench,peers,tests}
awk -v root="$PWD/" -v units="$PWD/$units/" -v most=20 '
  BEGIN {
    while ((getline name <"-") > 0) wanted[name] = 1
    RS = "}"
  }
  {
    match($0, /"file": "[^"]*/)
    file = substr($0, RSTART + 9, RLENGTH - 9)
    name = substr(file, length(root) + 1)
    if (index(file, root) != 1 || !(name in wanted)) next
    delete wanted[name]
    folder = name
    sub(/\/.*/, "", folder)
    match($0, /[^\/ ]*[.]dir\//)
    target = substr($0, RSTART, RLENGTH - 5)
    flags = $0
    sub(/ -o .*/, "", flags)
    sub(/.*"command": "/, "", flags)
    if (files[target, flags]++ % most == 0)
      unit[target, flags] = units folder "/" target (count[target]++ ? "-" count[target] : "") ".cc"
    path = unit[target, flags]
    printf "// NOLINTNEXTLINE(bugprone-suspicious-include)\n#include \"%s\"\n", file >path
    if (path in command) next
    sub(/^[^{]*/, "")
    while (at = index($0, file)) $0 = substr($0, 1, at - 1) path substr($0, at + length(file))
    command[path] = $0
  }
  END {
    for (path in command) printf "%s%s}", separator++ ? ",\n" : "[\n", command[path]
    print "\n]"
    for (name in wanted) { print "units: nothing compiles " name >"/dev/stderr"; bad = 2 }
    exit bad
  }' "$1/compile_commands.json" >"$units/compile_commands.json"
