#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# Builds type1 of a kernel tree as the library that --subject linux:TREE loads: TREE is a folder
# with a kernel's sources, or a .tar.xz of one. It lies in BUILD/linux-trees/, in a folder that has
# the tree's path with '%' for '/', and fits the build BUILD. What does not compile is said with
# the name that is missing and where it is wanted. Exit code: 0 it is there, 2 it is not.
# Usage: scripts/linux_tree.sh BUILD TREE
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
say() { printf 'tidemark: %s\n' "$*" >&2; }
die() { say "$@"; exit 2; }

(($# == 2)) || die "usage: scripts/linux_tree.sh BUILD TREE"
trees=$1/linux-trees
tree=$(realpath -e -- "$2" 2>/dev/null) || die "there is no kernel tree '$2'"
type1=drivers/vfio/vfio_iommu_type1.c
[[ $tree != *,* ]] || die "a tree's path must have no comma: '$tree'"

if [[ -d $tree ]]; then
  [[ -e $tree/$type1 && -e $tree/Makefile ]] || die "'$tree' is no kernel tree: it has no $type1"
elif [[ $tree != *.tar.xz ]]; then
  die "'$tree' is neither a folder nor a .tar.xz"
fi
name=${tree//\//%}
folder=$trees/$name
((${#name} < 256)) || die "the path of '$tree' is too long"
mkdir -p "$folder" || die "could not write to $folder"
exec 9>"$folder/.lock"
flock 9

# The first lines of the tree's Makefile say the version. To find that in a tarball takes seconds.
if [[ -d $tree ]]; then
  head -n 8 "$tree/Makefile" >"$folder/Makefile" 2>/dev/null || true
elif [[ ! $folder/Makefile -nt $tree ]]; then
  tar --extract --to-stdout --wildcards --no-wildcards-match-slash --occurrence=1 \
    --file "$tree" '*/Makefile' 2>/dev/null | head -n 8 >"$folder/Makefile" || true
fi
makefile=$(<"$folder/Makefile")
number() { sed -nE "s/^$1 = *(.*)/\1/p" <<<"$makefile"; }
version=$(number VERSION).$(number PATCHLEVEL)
[[ $version =~ ^[0-9]+\.[0-9]+$ ]] || die "the Makefile of '$tree' says no version"
{ [[ ${version%.*} -gt 6 || ($version == 6.* && ${version#*.} -ge 1) ]]; } ||
  die "'$tree' is Linux $version: from 6.1 on they can be a subject"

# missing LOG: from what a compiler says, in a line, what the stand-ins lack.
missing() {
  sed -nE "
    s,^.*linux/([^:]*):([0-9]+):.*fatal error: '([^']*)' file not found.*,the header <\3>\, which \1:\2 includes,p; t done
    s,^.*linux/([^:]*):([0-9]+):.*error: (call to undeclared function|use of undeclared identifier|unknown type name|no member named) '([^']*)'.*,'\4'\, in \1:\2,p; t done
    s,^.*linux/([^:]*):([0-9]+):[0-9]+: error: (.*),\3\, in \1:\2,p; t done
    b
    :done
    q" "$1"
}

log=$folder/log
if ! { cmake -C "$trees/options.cmake" -S "$root/peers/linux/tree" -B "$folder" -G Ninja \
  "-DTIDEMARK_LINUX_TREE=$tree" "-DTIDEMARK_LINUX_VERSION=$version" &&
  cmake --build "$folder"; } >"$log" 2>&1; then
  lacks=$(missing "$log")
  [[ -n $lacks ]] || { tail -n 20 "$log" >&2; die "could not build type1 of '$tree': $log"; }
  die "could not build type1 of '$tree': what peers/linux/fakes/ has none of is $lacks" \
    "(all of it: $log)"
fi

# In a system header, which Linux's files are here, what is declared nowhere is no error.
undefined=$(nm --dynamic --undefined-only "$folder/tree.so" | awk '
  $2 !~ /@/ && $2 !~ /^(__(asan|ubsan|msan|tsan|sanitizer|sancov|llvm|gmon|cxa|tls|start|stop)|_ITM)/ {
    print $2; exit }')
if [[ -n $undefined ]]; then
  where=$(cd "$folder/linux" && { grep -rnw -- "$undefined" "$type1" . || true; } |
    head -n 1 | cut -d: -f1,2)
  die "could not build type1 of '$tree': what peers/linux/fakes/ has none of is '$undefined'," \
    "in $where"
fi

# Which tree that was.
{
  printf 'Linux %s.%s%s' "$version" "$(number SUBLEVEL)" "$(number EXTRAVERSION)"
  ! commit=$(git -C "$tree" describe --always --dirty 2>/dev/null) || printf ', %s' "$commit"
  printf '\n'
} >"$folder/origin" || die "could not write to $folder"
