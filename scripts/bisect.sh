#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# Names the commit that brought a finding: replays it on the trackers of revisions between one that
# shows it and one that does not, each built apart. ./tidemark bisect calls it. Nothing in the
# working tree or in .git changes.
# Usage: scripts/bisect.sh TRACKER_AT [--good REV] [--bad REV] FINDING, where TRACKER_AT is
# scripts/tracker_at.sh, or what stands for it.
# Exit code: 0 the commit is named, 1 there is none to be named, 2 it could not run.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tracker_at=$1
good='' bad=HEAD findings=()

say() { printf 'tidemark: %s\n' "$*" >&2; }
die() { say "$@"; exit 2; }
none() { say "$@"; exit 1; }
in_git() { git -C "$root" "$@"; }

shift
while (($#)); do
  case $1 in
    --good=* | --bad=*) declare "${1:2}" && shift ;;
    --good | --bad) (($# > 1)) || die "bisect: $1 wants a value"; declare "${1#--}=$2" && shift 2 ;;
    --) findings+=("${@:2}") && break ;;
    -*) die "bisect has no option $1" ;;
    *) findings+=("$1") && shift ;;
  esac
done
((${#findings[@]} == 1)) || die "bisect wants one FINDING, and not ${#findings[@]}"
[[ -r ${findings[0]} ]] || die "bisect: cannot read ${findings[0]}"

# "1a2b3c4 area: what it does", for people.
named() { in_git log -1 --format='%h %s' "$1"; }

# --- What the program does at a revision ---

declare -A verdicts said  # by impl/, which several revisions may share

# Sets $verdict, "agrees" or "diverges: SIGNATURE" or, where that cannot be said, "": as it does
# not build, or the program cannot be run; and $shown, what replay says of it.
look_at() {
  local tree program reason code=0 line='^.*: ((agrees|known)|(diverges|crashes|hangs): .*)$'
  tree=$(in_git rev-parse --verify --quiet "$1:impl") || tree=none
  if [[ ! -v verdicts[$tree] ]]; then
    verdict='' shown=''
    program=$("$tracker_at" "$1" 2>"$scratch/errors") || code=$?
    if ((code == 0)); then
      shown=$("$program" replay --subject tracker -- "$finding" 2>"$scratch/errors") || code=$?
      # From the verdict to the empty line before the picture.
      shown=$(sed -En "/$line/,/^$/p" <<<"$shown")
      # Anything but 0 and 1 is what `git bisect run` is told by 125.
      if ((code < 2)) && [[ $(head -n 1 <<<"$shown") =~ $line ]]; then
        verdict=${BASH_REMATCH[1]}
      fi
    elif ((code != 1)) && [[ $tree != none ]]; then
      cat "$scratch/errors" >&2
      exit 2
    fi
    verdicts[$tree]=$verdict said[$tree]=$shown
    reason=$(tail -n 1 "$scratch/errors")
    say "$(named "$1"): ${verdict:-passed over: ${reason#tidemark: }}"
  fi
  verdict=${verdicts[$tree]} shown=${said[$tree]}
}

shows_it() { [[ $verdict == "$wanted" ]]; }
does_nothing_wrong() { [[ $verdict == agrees || $verdict == known ]]; }

# --- The two ends ---

commit_of() {
  "$root/scripts/tracker_at.sh" --check "$1" || exit
  in_git rev-parse --verify --end-of-options "$1^{commit}"
}

look_at_bad_end() {
  local changed=''
  look_at "$1"
  [[ -n $verdict ]] || { cat "$scratch/errors" >&2; die "what it does at '$bad' cannot be said"; }
  wanted=$verdict wanted_shown=$shown
  does_nothing_wrong || return 0
  in_git diff --quiet HEAD -- impl ||
    changed='; what is changed in impl/ and not committed is not looked at'
  none "it does not show at '$bad'$changed"
}

look_at_good_end() {
  look_at "$1"
  [[ -n $verdict ]] || { cat "$scratch/errors" >&2; die "what it does at '$good' cannot be said"; }
  ! shows_it || none "it shows at both ends, '$good' and '$bad'"
  does_nothing_wrong || die "at '$good' it goes wrong otherwise ($verdict): give another --good"
}

# Sets $good_commit: back from the bad end, ever further. If there is none, as of what is far
# back nothing can be said, then between the last that shows it and the next that was looked at.
find_good_end() {
  local commits low=0 high next hint=''
  mapfile -t commits < <(in_git rev-list "$1" -- impl)
  local last=$((${#commits[@]} - 1))
  high=$((last + 1))
  for ((next = 1; low < last && next <= last;)); do
    ! is_good_end "${commits[next]}" || return 0
    if shows_it; then
      low=$next high=$((last + 1))
    elif ((high > last)); then
      high=$next
    fi
    next=$((next == last ? last + 1 : 2 * next < last ? 2 * next : last))
  done
  while ((high - low > 1)); do
    next=$(((low + high) / 2))
    ! is_good_end "${commits[next]}" || return 0
    if shows_it; then low=$next; else high=$next; fi
  done
  [[ $(in_git rev-parse --is-shallow-repository) == false ]] ||
    hint="; the checkout is shallow: git fetch --unshallow brings the rest"
  none "it shows back to $(named "${commits[low]:-$1}"), and before that nothing can be said$hint"
}

is_good_end() {
  look_at "$1"
  does_nothing_wrong || return 1
  good_commit=$1
}

# --- Between them ---

# Commits that may have brought it, that of the bad end among them if it is one.
candidates() { in_git rev-list "$@" "$bad_commit" "${not_before[@]}" -- impl; }

# Sets $next to the best to look at, of those that can be; "" if there is none.
choose_next() {
  local commit rest
  next=''
  while read -r commit rest; do
    [[ $commit == "$bad_commit" || -v passed[$commit] ]] || { next=$commit; return; }
  done < <(candidates --bisect-all)
}

narrow_down() {
  declare -gA passed=()
  not_before=("^$good_commit")
  choose_next
  while [[ -n $next ]]; do
    look_at "$next"
    if shows_it; then
      bad_commit=$next
    elif does_nothing_wrong; then
      not_before+=("^$next")
    else
      passed[$next]=
    fi
    choose_next
  done
}

print_commit() {
  in_git log -1 --format='commit   %H%nsubject  %s%ndate     %ad' --date=iso "$1"
  printf 'before   agrees\nafter    %s\n' "$wanted"
  tail -n +2 <<<"$wanted_shown"
}

scratch=$(mktemp -d) || die "TMPDIR has to be a folder that can be written"
trap 'rm -rf "$scratch"' EXIT
# A run that fuzzes may still be making it smaller.
finding=$scratch/$(basename "${findings[0]}")
cp -r "${findings[0]}" "$finding" || die "could not copy ${findings[0]}"
grep -q '"subject": *"tracker"' "$finding/environment.json" 2>/dev/null ||
  [[ ! -e $finding/environment.json ]] ||
  die "${findings[0]} was not found in the tracker: no commit to impl/ has brought it"

bad_commit=$(commit_of "$bad") || exit
if [[ -n $good ]]; then
  good_commit=$(commit_of "$good") || exit
  in_git merge-base --is-ancestor "$good_commit" "$bad_commit" ||
    die "'$good' is not before '$bad'"
fi
look_at_bad_end "$bad_commit"
if [[ -n $good ]]; then look_at_good_end "$good_commit"; else find_good_end "$bad_commit"; fi
narrow_down
mapfile -t left < <(candidates)
if ((${#left[@]} > 1)); then
  say "it is one of these; of the others nothing can be said:"
  for commit in "${left[@]}"; do named "$commit"; done
  exit 1
fi
print_commit "${left[0]}"
