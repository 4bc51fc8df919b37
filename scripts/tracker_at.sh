#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# Builds the program behind ./tidemark once more, with impl/ as it was at a revision and
# all else as it is now, by the commands of build/fuzz. ./tidemark fuzz --against and
# ./tidemark bisect call it once tidemark_cli is built there. Nothing in the working tree or in
# .git changes. Revisions with the same impl/ share a build.
# Usage: scripts/tracker_at.sh [--check] REV. Prints the program's path; with --check it only looks
# whether there is such a revision, and needs no build for that.
# Exit code: 0 it is there, 1 that impl/ does not build, 2 it could not run.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
check=
[[ ${1:-} != --check ]] || { check=yes; shift; }
revision=${1:-}
usual=$root/build/fuzz
tracker_object=impl/CMakeFiles/tidemark_impl.dir/os_user/tidemark_os.c.o
border_object=harness/CMakeFiles/tidemark_tracker_subject.dir/subjects/tracker.cc.o
library=impl/libtidemark_impl.a
other_interface="cannot be linked with today's harness: it has another interface"

say() { printf 'tidemark: %s\n' "$*" >&2; }
die() { say "$@"; exit 2; }

# fails WHAT: after the compiler's own words.
fails() {
  grep -m 5 -E 'error:|undefined|duplicate' "$folder/log" >&2 || tail -n 5 "$folder/log" >&2
  say "impl/ of '$revision' $1 (all that was said: $folder/log)"
  exit 1
}

# Sets $command to that which makes a product of the build.
ask_for_command() {
  command=$(ninja -C "$usual" --quiet -t commands -s "$1" 2>&1) ||
    die "Ninja does not say how to make $1: $command"
}

# Adds to $commands what compiles SOURCE to OBJECT, from $command, which does that with
# its own, and with today's headers: compile_too ITS-SOURCE ITS-OBJECT SOURCE OBJECT
compile_too() {
  local too=${command//"$2"/\""$4"\"}
  too=${too//"$1"/"$3"}
  too=${too//"$root/impl"/"$folder/impl"}
  [[ $too == *"$folder/impl"*"$3"* && $too == *"$4"* ]] || die "how does this compile? $command"
  commands+=("$too")
}

run_commands() (
  cd "$usual"
  printf '%s\0' "${commands[@]}" | xargs -0 -n 1 -P "$(nproc)" sh -c >>"$folder/log" 2>&1
)

compile_tracker() {
  local command commands=() source
  ask_for_command "$tracker_object"
  for source in "$folder"/impl/*.c "$folder"/impl/os_user/*.c; do
    [[ ! -e $source ]] ||
      compile_too "$root/impl/os_user/tidemark_os.c" "$tracker_object" "$source" "$source.o"
  done
  run_commands
}

# The one file of the harness that sees what the tracker looks like.
compile_border() {
  local command commands=() source=$root/harness/subjects/tracker.cc
  ask_for_command "$border_object"
  compile_too "$source" "$border_object" "$source" "$folder/tracker.cc.o"
  run_commands
}

# Without today's library: what the older tracker lacks shall not come from that.
link_program() {
  local command commands=() objects
  ask_for_command tidemark
  [[ $command == *" -o tidemark "*" $library "* ]] || die "how is this linked? $command"
  objects=$(printf ' "%s"' "$folder"/impl/*.o "$folder"/impl/os_user/*.o "$folder/tracker.cc.o")
  command=${command//" $library "/" "}
  commands=("${command/" -o tidemark "/"$objects -o \"$folder/tidemark.new\" "}")
  run_commands
}

command -v git >/dev/null || die "git is not installed: without it there is no other revision"
git -C "$root" rev-parse --git-dir >/dev/null 2>&1 ||
  die "$root is no checkout of git's (or is somebody else's): there is no other revision"
commit=$(git -C "$root" rev-parse --verify --quiet --end-of-options "$revision^{commit}") ||
  die "git knows no revision '$revision' here"
tree=$(git -C "$root" rev-parse --verify --quiet "$commit:impl") ||
  die "there is no impl/ at '$revision'"
[[ -z $check ]] || exit 0
[[ -e $usual/tidemark ]] || die "$usual/tidemark is not built"

folder=$root/build/revisions/$tree
{ mkdir -p "$folder" && exec 9>"$folder/.lock"; } 2>/dev/null || die "could not write to $folder"
flock 9
if [[ ! $folder/tidemark -nt $usual/tidemark ]]; then
  rm -rf "$folder/impl"
  { : >"$folder/log" && git -C "$root" archive "$commit" impl | tar -x -C "$folder"; } ||
    die "could not write impl/ of '$revision' to $folder"
  # First what most likely fails, which is soon seen.
  compile_border || fails "$other_interface"
  compile_tracker || fails "does not compile"
  link_program || fails "$other_interface"
  mv "$folder/tidemark.new" "$folder/tidemark" || die "could not write to $folder"
fi
printf '%s\n' "$folder/tidemark"
