#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# Builds the fuzz targets with fuzz/oss-fuzz/build.sh as OSS-Fuzz would, and checks
# what comes out by OSS-Fuzz's rules; for ./tidemark oss-fuzz check, whose help has the
# options (docs/help/oss-fuzz.txt).
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
sanitizer=address engine=libfuzzer stdlib='' out='' libcxx='' only_options=''

die() { printf 'tidemark: oss-fuzz check: %s\n' "$*" >&2; exit 2; }

# one_of OPTION VALUE ALLOWED...
one_of() {
  local allowed
  for allowed in "${@:3}"; do
    [[ $2 != "$allowed" ]] || return 0
  done
  die "$1 is one of ${*:3}, and not '$2'"
}

parse() {
  local name
  while (($#)); do
    case $1 in
      --options-only) only_options=yes; shift; continue ;;
      --*=*) set -- "${1%%=*}" "${1#*=}" "${@:2}" ;;
    esac
    name=${1#--}
    case $1 in
      --sanitizer | --engine | --stdlib | --out | --libcxx)
        (($# > 1)) || die "$1 wants a value"
        printf -v "$name" '%s' "$2" ;;
      *) die "takes no '$1' (./tidemark oss-fuzz --help lists the options)" ;;
    esac
    shift 2
  done
  one_of --sanitizer "$sanitizer" address undefined memory
  one_of --engine "$engine" libfuzzer afl
  [[ $engine == libfuzzer || $sanitizer == address ]] ||
    die "OSS-Fuzz runs afl with address, and with nothing else"
  # Debian's AFL++ has clang 14, which is too old for libc++ 19.
  [[ -n $stdlib ]] || { [[ $engine == afl ]] && stdlib=libstdc++ || stdlib=libc++; }
  one_of --stdlib "$stdlib" libc++ libstdc++
  [[ "$engine $stdlib" != "afl libc++" ]] ||
    die "Debian's AFL++ has clang 14, which cannot compile Debian's libc++ 19"
  [[ -z $libcxx || -d $libcxx ]] || die "there is no folder $libcxx"
  [[ -z $libcxx ]] || libcxx=$(realpath "$libcxx")
  [[ -z $out || -d $out ]] || die "there is no folder $out"
  [[ $sanitizer != memory || -n $out || -e $libcxx/lib/libc++.a ]] ||
    die "memory needs a libc++ that has MemorySanitizer itself, as OSS-Fuzz has:" \
      "scripts/msan_libcxx.sh DIR makes one, --libcxx DIR uses it"
}

# --- The build, with what the service's images set ---

# A compiler finds no C++ library in the service's image but a static one.
static_library() {
  case $stdlib in
    libstdc++) printf '%s' '-static-libstdc++' ;;
    libc++)
      local lib=${libcxx:-/usr/lib/llvm-19}/lib
      # Debian's libFuzzer wants libstdc++, where the service's brings its own library; what
      # both define is then libc++'s.
      mkdir "$work/lib"
      printf 'GROUP(%s %s %s)\n' "$lib"/libc++{,abi}.a \
        "$(clang-19 -print-file-name=libstdc++.a)" >"$work/lib/libc++.a"
      [[ -z $libcxx ]] || printf '%s' "-nostdinc++ -isystem $libcxx/include/c++/v1 "
      printf '%s' "-stdlib=libc++ -L$work/lib -Wl,-z,muldefs" ;;
  esac
}

# Sets `flags`: those of the base image.
set_flags() {
  local checks=array-bounds,bool,builtin,enum,function,integer-divide-by-zero,null,object-size
  checks+=,return,returns-nonnull-attribute,shift,signed-integer-overflow,unreachable
  checks+=,vla-bound,vptr
  flags="-O1 -fno-omit-frame-pointer -gline-tables-only -Wno-unused-command-line-argument"
  flags+=" -DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION"
  case $sanitizer in
    address) flags+=" -fsanitize=address -fsanitize-address-use-after-scope" ;;
    memory) flags+=" -fsanitize=memory -fsanitize-memory-track-origins" ;;
    undefined)
      flags+=" -fsanitize=$checks,unsigned-integer-overflow -fno-sanitize-recover=$checks" ;;
  esac
  [[ $engine != libfuzzer ]] || flags+=" -fsanitize=fuzzer-no-link"
}

build() {
  local flags cxxflags cc=clang-19 cxx=clang++-19 library=-fsanitize=fuzzer
  out=$work/out
  mkdir -p "$work"/{src/tidemark,out,work}
  tar -C "$root" --exclude=./.git --exclude=./build --exclude=./findings -cf - . |
    tar -C "$work/src/tidemark" -xf -
  [[ $engine != afl ]] || cc=afl-clang-fast cxx=afl-clang-fast++ library=$work/libFuzzingEngine.a
  [[ $engine != afl ]] || cp /usr/lib/afl/libAFLDriver.a "$library"
  set_flags
  cxxflags="$flags $(static_library)"
  env -i PATH="$PATH" HOME="$work" SRC="$work/src" OUT="$out" WORK="$work/work" CC=$cc CXX=$cxx \
    CFLAGS="$flags" CXXFLAGS="$cxxflags" LIB_FUZZING_ENGINE="$library" SANITIZER="$sanitizer" \
    FUZZING_ENGINE="$engine" FUZZING_LANGUAGE=c++ ARCHITECTURE=x86_64 AFL_QUIET=1 \
    bash -eux "$work/src/tidemark/fuzz/oss-fuzz/build.sh" >"$work/build.log" 2>&1 ||
    { tail -n 60 "$work/build.log" | cut -c1-400 >&2; die "build.sh failed"; }
}

# --- The rules. Each prints nothing if it holds, else the reason. ---

# Those of a target get its path.
rule_name() { [[ ${1##*/} =~ ^[A-Za-z0-9_-]+$ ]] || echo "has other characters than A-Za-z0-9_-"; }

rule_files() {
  local name
  for name in "$1"{.options,.dict,_seed_corpus.zip}; do
    [[ -s $name ]] || echo "${name##*/} is missing or empty"
  done
}

rule_paths() {
  local file
  for file in "$1"{.options,.dict}; do
    ! grep -qsE '(^|[ ="])/' "$file" || echo "${file##*/} has an absolute path"
  done
}

rule_dictionary() {
  awk '!/^(#.*|([A-Za-z0-9_@]+ *= *)?"([^"\\]|\\["\\]|\\x[0-9A-Fa-f][0-9A-Fa-f])+")?$/ {
    print "line " NR " is no entry"; exit }' "$1.dict" 2>&1
}

rule_options() {
  awk 'NR == 1 && !/^\[libfuzzer\]$/ || NR > 1 && !/^[a-z_]+ = [0-9]+$/ {
    print "line " NR " is no option"; exit }' "$1.options" 2>&1
}

rule_seeds() {
  mkdir -p "$work/seeds/${1##*/}"
  (cd "$work/seeds/${1##*/}" && cmake -E tar xf "${1}_seed_corpus.zip") >"$work/log" 2>&1 ||
    { echo "the zip cannot be read"; return; }
  [[ -n $(find "$work/seeds/${1##*/}" -type f -print -quit) ]] || echo "the zip is empty"
}

# The runner has the C library, and no C++ library.
rule_libraries() {
  local usual='linux-vdso|ld-linux|lib(c|m|dl|rt|pthread|resolv|gcc_s)\.so'
  ldd "$1" 2>&1 | grep -vE "$usual" | awk '{ print "needs " $1 }' | paste -sd' '
}

# code_of TARGET: the file with its instructions, made once.
code_of() {
  local code=$work/${1##*/}.code
  [[ -s $code ]] || llvm-objdump-19 -d --no-show-raw-insn "$1" >"$code" 2>"$work/log" || rm "$code"
  [[ -s $code ]] && printf '%s' "$code"
}

# -march=native and the like bring AVX to whatever was built on a machine that has it.
rule_processor() {
  local code
  code=$(code_of "$1") || { echo "llvm-objdump cannot read it"; return; }
  ! grep -qE '%[yz]mm[0-9]' "$code" || echo "has AVX instructions, which not each x86-64 has"
}

# calls CODE RUNTIME: how many calls there are to what begins with __RUNTIME.
calls() { grep -cE "callq?[[:space:]]+(0x)?[0-9a-f]+ <__$2" "$1" || true; }

rule_purity() {
  local code asan msan ubsan
  code=$(code_of "$1") || { echo "llvm-objdump cannot read it"; return; }
  asan=$(calls "$code" asan) msan=$(calls "$code" msan) ubsan=$(calls "$code" ubsan)
  case $sanitizer in
    address)
      ((asan >= 1000)) || echo "$asan calls of __asan, and not 1000"
      ((msan <= 3)) || echo "$msan calls of __msan, and at most 3 may be" ;;
    memory)
      ((msan >= 1000)) || echo "$msan calls of __msan, and not 1000"
      ((asan == 0)) || echo "$asan calls of __asan, and none may be" ;;
    undefined)
      ((ubsan >= 168)) || echo "$ubsan calls of __ubsan, and not 168"
      ((asan == 0)) || echo "$asan calls of __asan, and none may be"
      ((msan <= 3)) || echo "$msan calls of __msan, and at most 3 may be" ;;
  esac
  [[ $sanitizer == undefined ]] || ((ubsan <= 200)) ||
    echo "$ubsan calls of __ubsan, and at most 200 may be"
}

# In an empty folder and environment, as the runner has them.
run_apart() {
  mkdir -p "$work/tmp"
  (cd "$work/tmp" && env -i PATH="$PATH" HOME="$work/tmp" TMPDIR="$work/tmp" \
    UBSAN_OPTIONS=silence_unsigned_overflow=1:print_stacktrace=1 \
    ASAN_OPTIONS=abort_on_error=1:symbolize=0 AFL_FORKSRV_INIT_TMOUT=30000 AFL_NO_UI=1 \
    AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_NO_AFFINITY=1 \
    timeout "$@") >"$work/log" 2>&1
}

rule_start() {
  case $engine in
    libfuzzer)
      run_apart 60 "$1" -seed=1337 -runs=4 || true
      grep -q 'Done 4 runs' "$work/log" ||
        { echo "did not print 'Done 4 runs'"; keep_log "$1" start; return; }
      local edges
      edges=$(sed -nE 's/^INFO: Loaded .*\(([0-9]+) inline 8-bit counters\).*/\1/p' "$work/log")
      ((${edges:-0} >= 100)) || echo "${edges:-no} counters of coverage, and not 100" ;;
    afl)
      rm -rf "$work/afl" && mkdir -p "$work/afl/in"
      printf 'input' >"$work/afl/in/input"
      run_apart --preserve-status -s INT 35 afl-fuzz -V 1 -m none -t 25000+ -x "$1.dict" \
        -i "$work/afl/in" -o "$work/afl/out" -- "$1" || true
      grep -q 'All set and ready to roll' "$work/log" ||
        { echo "afl-fuzz was not ready within 35 s"; keep_log "$1" start; } ;;
  esac
}

# All of its seeds, in one process. AFL++'s main takes files.
rule_crash() {
  local folder=$work/seeds/${1##*/}
  [[ -d $folder ]] || { echo "has no seeds to run"; return; }
  case $engine in
    libfuzzer)
      run_apart 600 "$1" -runs=0 -rss_limit_mb=2560 -timeout=25 "$folder" && return ;;
    afl)
      find "$folder" -type f -print0 >"$work/list"
      run_apart 600 xargs -0 -a "$work/list" "$1" && return ;;
  esac
  echo "fails on a seed"
  keep_log "$1" crash
}

# keep_log TARGET RULE: shown below the line of a rule that failed.
keep_log() { tail -n 15 "$work/log" | cut -c1-160 | sed 's/^/    /' >"$work/shown"; }

# --- What is checked ---

failed=0
# report RULE WHERE REASON
report() {
  if [[ -z $3 ]]; then
    printf 'ok      %-11s %s\n' "$1" "$2"
  else
    failed=$((failed + 1))
    printf 'FAILED  %-11s %s: %s\n' "$1" "$2" "${3//$'\n'/; }"
    [[ ! -s $work/shown ]] || cat "$work/shown"
  fi
  rm -f "$work/shown"
}

# As the service finds them: programs with the entry of a fuzz target.
targets_in() {
  local file
  for file in "$1"/*; do
    [[ -f $file && -x $file && ! ${file##*/} =~ ^(afl-|llvm-symbolizer) ]] || continue
    ! grep -qa LLVMFuzzerTestOneInput "$file" || printf '%s\n' "$file"
  done
}

# check_targets FOLDER WHERE RULE...
check_targets() {
  local target rule targets
  mapfile -t targets < <(targets_in "$1")
  for target in ${targets[@]+"${targets[@]}"}; do
    for rule in "${@:3}"; do report "$rule" "${target##*/}$2" "$("rule_$rule" "$target")"; done
  done
}

# Every target of fuzz/ has to be there, and the whole has a limit.
check_folder() {
  local source name kib targets missing=()
  targets=$(targets_in "$1")
  for source in "$root"/fuzz/*_fuzzer.c*; do
    name=$(basename "${source%.*}")
    grep -qxF "$1/$name" <<<"$targets" || missing+=("$name")
  done
  report targets . "${missing[*]:+there is no ${missing[*]}}"
  kib=$(du -sk "$1" | cut -f1)
  report size . "$( ((kib < 2500000)) || echo "$kib KiB, and not below 2,500,000")"
}

parse "$@"
[[ -z $only_options ]] || exit 0
work=$(mktemp -d) || die "TMPDIR has to be a folder that can be written"
trap 'rm -rf "$work"' EXIT
if [[ -n $out ]]; then out=$(realpath "$out"); else build; fi
check_folder "$out"
rules=(name files paths dictionary options seeds libraries processor purity start crash)
check_targets "$out" '' "${rules[@]}"
cp -r "$out" "$work/moved"
if [[ $out == "$work"/out ]]; then rm -rf "$out" "$work/work"; fi
check_targets "$work/moved" ' (moved)' start crash
printf '%d failed\n' "$failed"
((failed == 0))
