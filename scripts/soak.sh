#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# Does to a run of weeks (docs/long-runs.md) what happens to such, and asks whether anything is
# lost: a tracker with ten bugs is fuzzed, the run is killed some twenty times and started again,
# people take away what it has found, and its disk, which is in memory, is full for a while.
# Usage: scripts/soak.sh SECONDS [DIR], with build/fuzz configured. A kill comes each SECONDS/45 to
# SECONDS/15, so that with less than 300 hardly anything runs in between. What was said, and how all
# was at the end, stays in DIR, which has to be empty. Needs a kernel that lets users have mounts of
# their own. Exit code: 0 nothing is lost, 1 something is, 2 it could not run.
set -euo pipefail

die() { printf 'soak: %s\n' "$*" >&2; exit 2; }

{ [[ ${1:-} =~ ^[0-9]{1,7}$ ]] && (($1 >= 90)); } || die "wants SECONDS, 90 at least"
for tool in ps unshare sha1sum; do command -v "$tool" >/dev/null || die "there is no $tool"; done
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if [[ -z ${TIDEMARK_SOAK_MOUNTS:-} ]]; then
  cmake --build "$root/build/fuzz" --target bug_together_{libfuzzer,tidemark} seeds_alone >&2 ||
    die "could not build"
  TIDEMARK_SOAK_MOUNTS=own exec unshare --map-root-user --mount "$0" "$@"
fi

seconds=$1 dir=${2:-$(mktemp -d)} gap=$(($1 / 45)) turn=$(($1 / 60))
bugs=$root/build/fuzz/bugs/together
[[ -d $dir && -z $(ls -A "$dir") ]] || die "$dir has to be an empty folder"
dir=$(realpath "$dir") disk=$dir/disk
state=$disk/state findings=$disk/findings
run='' rounds=0 wrong=0 counted=0 full='' was_full=''
# By name: told since it was taken, how often filed anew, how often taken, known when a round began.
declare -A told=() fresh=() taken=() known=() torn=()
touch "$dir"/{said,errors}
mkdir "$disk"
mount -t tmpfs -o size=192m none "$disk" || die "could not mount a disk in memory"
mkdir "$disk/taken" "$findings"

say() { printf '%4d s  %s\n' $SECONDS "$*"; }
fail() { wrong=$((wrong + 1)); say "WRONG: $*"; }

# --- The run, and its end ---

processes() { ps -o pid=,stat= -s "$run" | awk '$2 !~ /Z/ { print $1 }'; }
lives() { [[ -n $run && $(ps -o stat= -p "$run") != *Z* && -e /proc/$run ]]; }

start() {
  local name
  known=()
  for name in $(names_in_status); do known[$name]=yes; done
  said_from=$(wc -l <"$dir/said") errors_from=$(wc -l <"$dir/errors") saw_room=''
  setsid "$bugs/tidemark" fuzz --forever --json --jobs 1 --turn-seconds "$turn" \
    --target "$bugs/libfuzzer" --seeds "$root/build/fuzz/seeds_alone" --work "$state" \
    --findings "$findings" >>"$dir/said" 2>>"$dir/errors" &
  run=$!
  rounds=$((rounds + 1))
}

# Of the run alone, whose children then have to end by themselves, or of all its processes.
kill_run() {
  local pids i
  {
    if ((RANDOM % 2)); then
      kill -9 "$run"
    else
      while pids=$(processes) && [[ $pids ]]; do
        # shellcheck disable=SC2086
        kill -9 $pids || true
      done
    fi
    wait "$run" || true
  } 2>/dev/null
  for ((i = 0; i < 300; i++)); do
    [[ $(processes) ]] || return 0
    sleep 0.1
  done
  fail "30 s after the kill there are still processes of the run"
}

# wait_alive SECONDS: until then, or until it ends, which it should not.
wait_alive() {
  local until=$((SECONDS + $1))
  while ((SECONDS < until)); do
    lives || { ended_by_itself; return; }
    [[ ! $full ]] || fill
    sleep 1
  done
}

ended_by_itself() {
  local code=0
  wait "$run" || code=$?
  fail "the run ended by itself, with $code: $(tail -n 3 "$dir/errors" | tr '\n' ' ')"
  start
}

# --- What happens to it ---

fill() { head -c 1M /dev/zero 2>/dev/null >>"$disk/filler" || true; }

begin_to_fill() {
  say "the disk is full from now on"
  full=yes was_full=yes
  head -c 1G /dev/zero >>"$disk/filler" 2>/dev/null || true
}

make_room() {
  say "there is room again"
  full='' saw_room=yes
  rm "$disk/filler"
}

# Somebody has seen it. It is to be announced anew.
take_one() {
  local folders=("$findings"/*/) name
  [[ -d ${folders[0]} ]] || return 0
  check_said
  name=$(basename "${folders[RANDOM % ${#folders[@]}]}")
  taken[$name]=$((${taken[$name]:-0} + 1))
  mv "$findings/$name" "$disk/taken/$name.${taken[$name]}"
  unset "told[$name]"
}

# --- What has to hold ---

names_in_status() {
  [[ ! -e $state/status.json ]] ||
    awk '/^ "findings": \{$/ { on = 1; next } /^ \}/ { on = 0 }
      on && /^  "/ { gsub(/[ ":{]/, ""); print }' "$state/status.json"
}

# check_folder NAME FOLDER: has it all of a finding?
check_folder() {
  local file
  for file in input report.txt report.html environment.json count; do
    [[ -e $2/$file ]] || fail "$1 has no $file"
  done
  [[ $(head -n 1 "$2/report.txt") == "$1" ]] || fail "report.txt of $1 is not its own"
  [[ $(tail -n 1 "$2/report.html") == *'</html>' ]] || fail "report.html of $1 is cut off"
  [[ $(cat "$2/count") =~ ^[1-9][0-9]*$ ]] || fail "count of $1 is no number"
}

# What was announced since the last time. What is said once more was killed before it could be noted.
check_said() {
  local name is_new
  while read -r name is_new; do
    told[$name]=yes
    if [[ $is_new == true ]]; then
      fresh[$name]=$((${fresh[$name]:-0} + 1))
      ((${fresh[$name]} <= 1 + ${taken[$name]:-0})) || fail "$name was filed anew, and was there"
    elif [[ ${known[$name]:-} ]]; then
      fail "$name was announced again, and nobody had taken it"
    fi
  done < <(tail -n +$((said_from + 1)) "$dir/said" |
    sed -nE 's/^\{"found":"([^"]*)","new":(true|false).*/\1 \2/p')
  said_from=$(wc -l <"$dir/said")
}

# Whatever was announced since it was taken is there.
check_announced() {
  local name
  for name in "${!told[@]}"; do
    if [[ -d $findings/$name ]]; then
      check_folder "$name" "$findings/$name"
    else
      fail "$name was announced, and is not there"
    fi
  done
}

# libFuzzer may have been killed in the middle of a file. The next turn takes that away.
check_corpus() {
  local corpus=$state/tracker/corpus name now
  [[ -d $corpus ]] || return 0
  now=$(cd "$corpus" && find . -type f -name '[0-9a-f]*' -printf '%P\0' |
    xargs -0r sha1sum | awk '$1 != $2 { print $2 }')
  for name in $now; do
    [[ ! ${torn[$name]:-} ]] || fail "$name of the corpus is not whole since the last kill"
  done
  torn=()
  for name in $now; do torn[$name]=yes; done
}

check_files() {
  [[ ! -e $state/index.html || $(tail -n 1 "$state/index.html") == *'</html>' ]] ||
    fail "index.html is cut off"
  [[ ! -e $state/status.json || $(tail -n 1 "$state/status.json") == '}' ]] ||
    fail "status.json is cut off"
  local programs
  programs=$(sed -nE 's/^   "programs": ([0-9]+),?$/\1/p' "$state/status.json" 2>/dev/null || true)
  ((${programs:-0} >= counted)) || fail "programs went from $counted to ${programs:-0}"
  counted=${programs:-0}
}

# Who has said that it waits says as well when it goes on, if there was room in its time.
check_room() {
  local said
  said=$(tail -n +$((errors_from + 1)) "$dir/errors")
  [[ ! $saw_room || $said != *'it waits until there is room again'* ||
    $said == *'tidemark: there is room again'* ]] || fail "it did not say that there is room again"
}

check() {
  check_said
  check_room
  check_announced
  check_corpus
  check_files
  say "round $rounds: ${#fresh[@]} names found, ${#told[@]} there, $counted programs," \
    "$(find "$state/tracker/corpus" -type f 2>/dev/null | wc -l) inputs, ${#torn[@]} torn"
}

# What only has to hold when it has ended in peace.
check_end() {
  local folder name
  for folder in "$findings"/*/; do
    name=$(basename "$folder")
    [[ ${told[$name]:-} ]] || fail "$name was filed, and not announced"
    names_in_status | grep -qxF "$name" || fail "$name is not on the page"
  done
  grep -q 'it waits until there is room again' "$dir/errors" || fail "a full disk was not said"
  ((${#torn[@]} == 0)) || fail "files of the corpus are torn at the end: ${!torn[*]}"
}

finish() {
  cp -a "$disk" "$dir/end" && umount "$disk" && rmdir "$disk"
  say "all of it is in $dir"
}

trap 'kill_run; finish; exit 2' INT TERM
start
while ((SECONDS < seconds)); do
  wait_alive $((gap + RANDOM % gap))
  if [[ $full ]]; then
    make_room
  elif [[ ! $was_full ]] && ((SECONDS * 3 > seconds)); then
    begin_to_fill
  fi
  take_one
  wait_alive $((RANDOM % gap))
  kill_run
  check
  start
done
wait_alive $((3 * turn))
kill -INT "$run"
code=0
wait "$run" || code=$?
((code <= 1)) || fail "interrupted, it ended with $code"
check
check_end
finish
say "$rounds rounds, $wrong wrong"
((wrong == 0))
