#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# Builds the DMA controller of a libvfio-user source folder as libraries that tidemark takes as
# subjects (README.md). The folder is only read.
# Usage: peers/libvfio-user/build.sh DIR [OUT]; OUT is build/libvfio-user if not told. More for the
# compiler can be in CFLAGS. Exit code: 0, or 2 if they could not be built.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
die() { printf 'libvfio-user: %s\n' "$*" >&2; exit 2; }

(($# == 1 || $# == 2)) || die "give the folder of libvfio-user's sources, and where to build"
[[ -d $1 ]] || die "there is no folder '$1'"
sources=$(realpath "$1")
for file in include/libvfio-user.h lib/{btree,dma,fd_cache}.{c,h}; do
  [[ -f $sources/$file ]] || die "'$1' has no file $file: is it libvfio-user's?"
done
command -v clang-19 >/dev/null || die "needs clang-19 (./tidemark setup installs it)"
out=${2:-$here/../../build/libvfio-user}
mkdir -p "$out" || die "'$out' cannot be made"
out=$(realpath --relative-base="$PWD" "$out")
work=$(mktemp -d) || die "TMPDIR has to be a folder that can be written"
trap 'rm -rf "$work"' EXIT

# In libvfio-user a device address is a pointer that is only calculated with, from a null pointer
# on and up to 2^64: no mistake in itself. Warnings about its code are for its authors.
flags=(-std=gnu11 -D_GNU_SOURCE -g -O1 -fPIC -fno-omit-frame-pointer
  "-fsanitize=address,undefined,fuzzer-no-link" -fno-sanitize=pointer-overflow
  -fno-sanitize-recover=all "-ffile-prefix-map=$sources=libvfio-user"
  -isystem "$sources/include" -isystem "$sources/lib" -I "$here/../../harness/subjects/include")

# library NAME FLAG...: OUT/NAME.so
library() {
  local name=$1 log=$work/log missing
  shift
  read -ra more <<<"${CFLAGS:-}"
  clang-19 "${flags[@]}" "$@" "${more[@]}" -shared -o "$work/$name.so" \
    "$here"/adapter/{adapter,regions}.c "$sources"/lib/{btree,dma,fd_cache}.c 2>"$log" ||
    { cat "$log" >&2; die "'$sources' could not be compiled; what was tried with is in README.md"; }
  missing=$(nm -D --undefined-only "$work/$name.so" | awk '{ print $2 }' |
    grep -E '^_?(btree|dma|fd_cache|vfu)_' | paste -sd' ') || true
  [[ -z $missing ]] || die "'$sources' has nothing with the name ${missing// / or } in these files"
  mv "$work/$name.so" "$out/$name.so"
  echo "$out/$name.so"
}
library libvfio-user
library libvfio-user-joins -DLOGGED_PAGE_BYTES=2048
library libvfio-user-repeats -DASKED_PAGE_BYTES=256
