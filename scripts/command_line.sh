# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# Checks a command line before anything is built, against docs/help/COMMAND.txt: what
# the program's own --help prints. For ./tidemark, which has `root`, `findings`, `linux_sources`
# and `die`.

# nearest WORD CANDIDATE...: ", did you mean CANDIDATE?" if one is at most two letters off.
nearest() {
  local word=$1
  shift
  printf '%s\n' "$@" | awk -v word="$word" '
    function least(a, b, c) { a = a < b ? a : b; return a < c ? a : c }
    function distance(s, t, i, j, d) {
      for (i = 0; i <= length(s); ++i) d[i, 0] = i
      for (j = 0; j <= length(t); ++j) d[0, j] = j
      for (i = 1; i <= length(s); ++i)
        for (j = 1; j <= length(t); ++j)
          d[i, j] = least(d[i - 1, j] + 1, d[i, j - 1] + 1,
                          d[i - 1, j - 1] + (substr(s, i, 1) != substr(t, j, 1)))
      return d[length(s), length(t)]
    }
    BEGIN { best = length(word) < 6 ? length(word) / 2 : 3 }
    { now = distance(word, $0); if (now < best) { best = now; name = $0 } }
    END { if (name) printf ", did you mean %s?", name }'
}

# Fills `takes` from the help of a command: for each option, the type of its value,
# or "" for a flag; and `wants` with the positionals, as its usage line has them.
read_help() {
  local line usage='^Usage: \./tidemark [a-z -]+(\[[A-Z]+\] ?)*(.*)$'
  local option='^  (-[a-zA-Z],)?(--[a-z_-]+)( ((UINT|FLOAT|TEXT)[^ ]*( in \[[0-9.]+ - [0-9.]+\])?))?'
  takes=() wants=
  while IFS= read -r line; do
    if [[ $line =~ $option ]]; then
      takes[${BASH_REMATCH[2]}]=${BASH_REMATCH[4]:-}
      [[ -z ${BASH_REMATCH[1]} ]] || takes[${BASH_REMATCH[1]%,}]=${BASH_REMATCH[4]:-}
    elif [[ $line =~ $usage ]]; then
      wants=${BASH_REMATCH[2]}
    fi
  done <"$1"
}

# check_subject COMMAND VALUE: what can be seen of it without the program, which has the last word:
# trees and libraries are files, and the names are known.
check_subject() {
  local subject subjects names=("${linux_sources[@]/#linux-source-/linux-}" tracker tracker-kernel)
  [[ $1 != fuzz ]] || names+=(all)
  IFS=, read -ra subjects <<<"$2"
  for subject in "${subjects[@]}"; do
    case $subject in
      linux:*)
        [[ -e ${subject#linux:} ]] || die "$1: there is no ${subject#linux:}, of $subject" ;;
      */*) [[ -e $subject ]] || die "$1: there is no $subject" ;;
      *)
        [[ " ${names[*]} " == *" $subject "* ]] ||
          die "$1: there is no subject '$subject'$(nearest "$subject" "${names[@]}"), only" \
            "linux:DIR, ./LIBRARY.so, and: ${names[*]}" ;;
    esac
  done
}

# check_value COMMAND OPTION TYPE VALUE
check_value() {
  local range='in \[([0-9]+) - ([0-9]+)\]'
  [[ $2 != --subject ]] || check_subject "$1" "$4"
  [[ $3 == UINT* ]] || return 0
  [[ $4 =~ ^[0-9]+$ ]] || die "$1: $2 wants a number, and not '$4'"
  [[ ! $3 =~ $range ]] || ((${#4} < 19 && 10#$4 >= BASH_REMATCH[1] && 10#$4 <= BASH_REMATCH[2])) ||
    die "$1: $2 wants a number from ${BASH_REMATCH[1]} to ${BASH_REMATCH[2]}, and not $4"
}

# meant_finding NAME: where it is, if it is the name of a finding.
meant_finding() {
  local folder=$findings/$1
  [[ ! -d $folder ]] || printf ', did you mean %s?' "${folder#"$PWD/"}"
}

# check_operands COMMAND OPERAND...: against `wants`. Of several the last may be more.
check_operands() {
  local command=$1 operand name names i
  shift
  read -ra names <<<"$wants"
  ((${#names[@]} || !$#)) || die "$command takes no '$1' (./tidemark $command --help says more)"
  (($# >= ${#names[@]})) || [[ $wants == \[* ]] ||
    die "$command wants $wants (./tidemark $command --help says more)"
  for ((i = 0; i < $#; ++i)); do
    operand=${*:i+1:1} name=${names[i]:-${names[-1]:-}}
    [[ ! $name =~ ^.?(FILE|DIR|FINDING) || -e $operand ]] ||
      die "$command: there is no $operand$(meant_finding "$operand")"
  done
}

# own_arguments COMMAND ARGUMENT...: sets `own` to those that are the command's, and not those of what
# record calls, but for its name.
own_arguments() {
  local command=$1 i
  shift
  own=("$@")
  [[ $command == record ]] || return 0
  for ((i = 0; i < $#; ++i)); do
    case ${own[i]} in
      -o | --output) ((++i)) ;;
      -?*) [[ ${own[i]} != -- ]] || return 0 ;;
      *) own=("${own[@]:0:i+1}") && return ;;
    esac
  done
}

# check_arguments COMMAND ARGUMENT...: returns if the program would take them.
check_arguments() {
  local command=$1 help=$root/docs/help/${1// /-}.txt argument option operands=()
  local -A takes
  local wants
  shift
  case $command in
    test | setup) return ;;  # these hand on what they get
    export) die "export wants to know what to: c or gtest" ;;
    bench)
      for argument; do
        [[ $argument == --benchmark_* ]] || die "bench has no $argument (./tidemark bench --help)"
      done
      return ;;
  esac
  read_help "$help"
  while (($#)); do
    argument=$1 option=${1%%=*}
    shift
    case $argument in
      --) operands+=("$@"); break ;;
      '' | - | [^-]*) operands+=("$argument"); continue ;;
      # One letter and its value in one word.
      -[a-zA-Z]?*) [[ ! -v takes[${argument:0:2}] ]] || continue ;;
    esac
    [[ -v takes[$option] ]] || die "$command has no option $option$(nearest "$option" \
      "${!takes[@]}") (./tidemark $command --help lists them)"
    [[ -n ${takes[$option]} ]] || continue
    if [[ $argument != *=* ]]; then
      (($#)) || die "$command: $option wants a value"
      argument=$option=$1
      shift
    fi
    check_value "$command" "$option" "${takes[$option]}" "${argument#*=}"
  done
  check_operands "$command" ${operands[@]+"${operands[@]}"}
}
