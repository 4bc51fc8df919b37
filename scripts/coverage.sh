#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# What of the tracker and of its reference the corpus reaches, or the files and folders of
# fuzzer bytes that are given: lines, rules and outcomes. `./tidemark coverage` has built what it
# takes. Judges the corpus alone: docs/coverage.md has the rules. Exit code 2: cannot run.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$root/build/coverage
inputs=()
for input; do inputs+=("$(realpath -e "$input")") || exit 2; done
cd "$root"
bad=0

# --- Lines ---

rm -f "$build/corpus.profraw"
LLVM_PROFILE_FILE=$build/corpus.profraw "$build/fuzz/lockstep_fuzzer" \
  "${inputs[@]:-$build/seed_corpus}" >"$build/log" 2>&1 || { cat "$build/log" >&2; exit 2; }
llvm-profdata-19 merge -o "$build/corpus.profdata" "$build/corpus.profraw"
# Headers of the reference are for its users, and some are for its tests or for Linux alone.
counted=("$build/fuzz/lockstep_fuzzer" -instr-profile="$build/corpus.profdata"
  -ignore-filename-regex='os_user|reference/(linux_|naive_|.*\.h$)' impl reference)
llvm-cov-19 report "${counted[@]}" >"$build/report"
rm -rf "$build/html"
llvm-cov-19 show "${counted[@]}" -format=html -show-branches=count -output-dir="$build/html"
awk '{ $1 = $1 } /^TOTAL/ { print "lines     " $10 " of impl/ and reference/, branches " $13 }' \
  "$build/report"

# What no program reaches, with the reason that the list gives.
llvm-cov-19 show "${counted[@]}" | awk -v root="$root/" -v list=corpus/unreached.txt \
  -v judges="$((${#inputs[@]} == 0))" '
  BEGIN {
    while ((getline line <list) > 0) {
      if (line ~ /^(#|$)/) continue
      at = index(line, " -- ")
      if (!at) { print list ": no reason: " line; bad = 1; continue }
      what = substr(line, 1, at - 1)
      reason[what] = substr(line, at + 4)
      ++allowed[what]
    }
  }
  /^\/.*:$/ { file = substr($0, length(root) + 1, length($0) - length(root) - 1) }
  /^ *[0-9]+\| +0\|/ {
    split($0, part, "|")
    text = substr($0, length(part[1]) + length(part[2]) + 3)
    gsub(/^[ \t]+|[ \t]+$/, "", text)
    if (text ~ /^[{}]*$/) next
    what = file ": " text
    print "unreached " file ":" part[1] + 0 ": " text (what in reason ? "   (" reason[what] ")" : "")
    ++count[what]
    if (judges && count[what] > allowed[what]) { print "          no reason is in " list; bad = 1 }
  }
  END {
    if (judges)
      for (what in allowed)
        if (count[what] < allowed[what]) { print list ": is reached, or is no line: " what; bad = 1 }
    exit bad
  }' || bad=1

# --- Rules ---

# Which tests and programs are for a rule: suites are called after rules, and a program names
# its rules in its first line.
awk -v html="$build/html/rules.html" '
  function escaped(text) { gsub(/&/, "\\&amp;", text); gsub(/</, "\\&lt;", text); return text }
  function sentence(text) {
    gsub(/[`*]/, "", text)
    return match(text, /[.:] [A-Z]/) ? substr(text, 1, RSTART) : text
  }
  function add(list, rule, item) { list[rule] = list[rule] (list[rule] == "" ? "" : ", ") item }
  FILENAME == "docs/contract.md" {
    if (match($0, /<a id="[a-z][0-9]+">/)) {
      rule = toupper(substr($0, RSTART + 7, RLENGTH - 9))
      order[++rules] = rule
      known[rule] = 1
    }
    if (/^$/ || /^\|/) open = ""
    if (match($0, /\*\*[A-Z][0-9]+\*\*/)) {
      rule = open = substr($0, RSTART + 2, RLENGTH - 4)
      $0 = substr($0, RSTART + RLENGTH + 1)
      sub(/^[| ]+/, "")
      sub(/ *\|.*/, "")
    }
    if (open) says[open] = says[open] (says[open] == "" ? "" : " ") $0
    next
  }
  FILENAME ~ /\.cc$/ {
    if (match($0, /^TEST(_F|_P)?\([A-Z][0-9]+, [A-Za-z0-9_]+/)) {
      split(substr($0, RSTART, RLENGTH), part, /[(,] */)
      if (part[2] in known) { ++tests[part[2]]; add(test_list, part[2], part[3]) }
    }
    next
  }
  FNR == 1 && /^# [A-Z][0-9]+/ {
    head = substr($0, 3)
    sub(/:.*/, "", head)
    count = split(head, part, /, */)
    name = FILENAME
    sub(/.*\//, "", name)
    for (i = 1; i <= count; ++i)
      if (part[i] in known) {
        ++programs[part[i]]
        add(program_list, part[i], "<a href=\"../../../" FILENAME "\">" escaped(name) "</a>")
      }
  }
  END {
    print "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\"><title>Rules and who tries them" \
      "</title><meta name=\"viewport\" content=\"width=device-width\"><style>" \
      ":root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;margin:1.5em;" \
      "max-width:70em}td{vertical-align:top;padding:.4em .8em;border-top:1px solid #8886}" \
      "th{text-align:left;padding:.4em .8em}td:first-child{font-weight:600;white-space:nowrap}" \
      "@media(max-width:40em){th{display:none}td{display:block;border:0}tr{display:block;" \
      "border-top:1px solid #8886}}td{overflow-wrap:anywhere}.no{color:#c33}</style>" \
      "<h1>Rules and who tries them</h1><p>Of <a href=\"../../../docs/contract.md\">the contract" \
      "</a>: the tests whose suite has the rule in its name, and the programs of the corpus that " \
      "name it. <a href=\"index.html\">Lines</a></p><table><tr><th><th>rule, as it begins" \
      "<th>tests<th>programs</tr>" >html
    for (i = 1; i <= rules; ++i) {
      rule = order[i]
      if (!tests[rule]) no_test = no_test " " rule
      if (!programs[rule]) no_program = no_program " " rule
      printf "<tr id=\"%s\"><td>%s<td>%s<td>%s<td>%s</tr>\n", tolower(rule), rule,
        escaped(sentence(says[rule])), tests[rule] ? escaped(test_list[rule]) : "<span class=no>no test</span>",
        programs[rule] ? program_list[rule] : "<span class=no>no program</span>" >html
    }
    print "</table></html>" >html
    print "rules     " rules "; no test has the name of" (no_test == "" ? " none" : no_test) \
      "; no program is for" (no_program == "" ? " none" : no_program)
    exit !rules
  }' docs/contract.md tests/*.cc corpus/seeds/*.trace corpus/regressions/*.trace || bad=1

# --- Outcomes ---

# Each verb with each result, and each verb in the window of a callback. By what replay says.
programs=()
for input in "${inputs[@]:-$build/seed_corpus}"; do
  if [[ -d $input ]]; then programs+=("$input"/*); else programs+=("$input"); fi
done
"$root/build/fuzz/tidemark" replay --json "${programs[@]}" >"$build/replayed" 2>"$build/log" ||
  [[ $? == 1 ]] || { cat "$build/log" >&2; exit 2; }
awk -v list=corpus/outcomes.txt -v judges="$((${#inputs[@]} == 0))" '
  function outcome(step, verb, result) {
    match(step, /"verb":"[a-z-]+"/)
    verb = substr(step, RSTART + 8, RLENGTH - 9)
    match(step, /"result":-?[0-9]+/)
    result = substr(step, RSTART + 9, RLENGTH - 9) + 0
    return verb " " (result >= 0 ? "0" : -result in names ? "-" names[-result] : result)
  }
  function meet(what) { if (!met[what]++) seen[++kinds] = what }
  BEGIN {
    count = split("1 EPERM 2 ENOENT 4 EINTR 5 EIO 6 ENXIO 7 E2BIG 9 EBADF 12 ENOMEM 13 EACCES " \
      "14 EFAULT 16 EBUSY 17 EEXIST 19 ENODEV 22 EINVAL 25 ENOTTY 28 ENOSPC", part, " ")
    for (i = 1; i < count; i += 2) names[part[i]] = part[i + 1]
    while ((getline line <list) > 0) {
      if (line ~ /^(#|$)/) continue
      at = index(line, ": ")
      count = split(substr(line, at + 2), part, " ")
      for (i = 1; i <= count; ++i) listed[++entries] = substr(line, 1, at - 1) " " part[i]
    }
    for (i = 1; i <= entries; ++i) may[listed[i]] = 1
  }
  {
    rest = $0
    while (match(rest, /"operation":"[^"]*","steps":\[[^]]*\]/)) {
      one = substr(rest, RSTART, RLENGTH)
      rest = substr(rest, RSTART + RLENGTH)
      if (one ~ /^"operation":"(each-)?window /) continue
      sub(/.*"steps":\[/, "", one)
      count = split(one, step, /\},\{/)
      meet(outcome(step[1]))
      for (i = 2; i <= count; ++i) meet("window " outcome(step[i]))
    }
  }
  END {
    if (!kinds) { print "outcomes  nothing ran"; exit 1 }
    for (i = 1; i <= entries; ++i) if (!met[listed[i]]) { ++missing; never = never "\n  never   " listed[i] }
    for (i = 1; i <= kinds; ++i) if (!may[seen[i]]) { ++odd; extra = extra "\n  not in " list ": " seen[i] }
    print "outcomes  " kinds - odd " of " entries " that there may be" never extra
    exit judges && odd
  }' "$build/replayed" || bad=1
printf 'pages     %s\n' "$build/html/index.html" "$build/html/rules.html"
exit "$bad"
