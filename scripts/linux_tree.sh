#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# Builds type1 of a kernel tree, or its iommufd, as the library that --subject linux:TREE loads: TREE
# is a folder with a kernel's sources, or a .tar.xz of one. It lies in BUILD/linux-trees/ (or
# iommufd-trees/), in a folder that has the tree's path with '%' for '/', and fits the build BUILD.
# What does not compile is said with the name that is missing and where it is wanted. Exit code: 0
# it is there, 2 it is not.
# Usage: scripts/linux_tree.sh BUILD TREE [iommufd]
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
say() { printf 'tidemark: %s\n' "$*" >&2; }
die() { say "$@"; exit 2; }

[[ $# == 2 || "$# ${3:-}" == '3 iommufd' ]] ||
  die "usage: scripts/linux_tree.sh BUILD TREE [iommufd]"
peer=${3:-linux}
trees=$1/$peer-trees
tree=$(realpath -e -- "$2" 2>/dev/null) || die "there is no kernel tree '$2'"
if [[ $peer == linux ]]; then
  what=type1 main=drivers/vfio/vfio_iommu_type1.c least=6.1
else
  what=iommufd main=drivers/iommu/iommufd/io_pagetable.c least=6.12
fi
[[ $tree != *,* ]] || die "a tree's path must have no comma: '$tree'"

if [[ -d $tree ]]; then
  [[ -e $tree/$main && -e $tree/Makefile ]] || die "'$tree' is no kernel tree: it has no $main"
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
{ [[ ${version%.*} -gt 6 || ($version == 6.* && ${version#*.} -ge ${least#*.}) ]]; } ||
  die "'$tree' is Linux $version: from $least on they can be a subject"

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
if ! { cmake -C "$1/linux-trees/options.cmake" -S "$root/peers/$peer/tree" -B "$folder" -G Ninja \
  "-DTIDEMARK_LINUX_TREE=$tree" "-DTIDEMARK_LINUX_VERSION=$version" &&
  cmake --build "$folder"; } >"$log" 2>&1; then
  lacks=$(missing "$log")
  [[ -n $lacks ]] || { tail -n 20 "$log" >&2; die "could not build $what of '$tree': $log"; }
  die "could not build $what of '$tree': what peers/$peer/fakes/ has none of is $lacks" \
    "(all of it: $log)"
fi

# In a system header, which Linux's files are here, what is declared nowhere is no error.
undefined=$(nm --dynamic --undefined-only "$folder/tree.so" | awk '
  $2 !~ /@/ && $2 !~ /^(__(asan|ubsan|msan|tsan|sanitizer|sancov|llvm|gmon|cxa|tls|start|stop)|_ITM)/ {
    print $2; exit }')
if [[ -n $undefined ]]; then
  where=$(cd "$folder/linux" && { grep -rnw -- "$undefined" "$main" . || true; } |
    head -n 1 | cut -d: -f1,2)
  die "could not build $what of '$tree': what peers/$peer/fakes/ has none of is '$undefined'," \
    "in $where"
fi

# Which tree that was.
{
  printf 'Linux %s.%s%s' "$version" "$(number SUBLEVEL)" "$(number EXTRAVERSION)"
  ! commit=$(git -C "$tree" describe --always --dirty 2>/dev/null) || printf ', %s' "$commit"
  printf '\n'
} >"$folder/origin" || die "could not write to $folder"
