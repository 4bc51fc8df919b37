#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# Builds Debian's libc++ 19 with MemorySanitizer, which ./tidemark oss-fuzz check
# --sanitizer memory needs: what a library without it has written counts as not written.
# OSS-Fuzz's images have one. 165 MB of sources; minutes.
# Usage: scripts/msan_libcxx.sh DIR
set -euo pipefail

die() { printf 'msan_libcxx: %s\n' "$*" >&2; exit 2; }

(($# == 1)) || die "give the folder that it goes to"
mkdir -p "$1" || die "$1 cannot be made"
folder=$(realpath "$1")
[[ -w $folder ]] || die "$folder cannot be written"
for program in apt-get clang++-19 cmake ninja; do
  command -v "$program" >/dev/null || die "needs $program"
done
work=$(mktemp -d) || die "TMPDIR has to be a folder that can be written"
trap 'rm -rf "$work"' EXIT
cd "$work"

# A list of its own: most systems have no sources in theirs.
mkdir -p lists/partial source
echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]" \
  "http://deb.debian.org/debian bookworm main" >sources.list
apt() {
  apt-get -q -o Dir::Etc::SourceList="$work/sources.list" -o Dir::Etc::SourceParts=/dev/null \
    -o Dir::State::Lists="$work/lists" "$@"
}
apt update || die "could not ask Debian for its sources"
apt source --download-only llvm-toolchain-19 || die "could not get the sources"
tar -xJf llvm-toolchain-19_*.orig.tar.xz -C source --strip-components=1 --wildcards \
  --exclude='*/test/*' '*/libcxx/*' '*/libcxxabi/*' '*/runtimes/*' '*/cmake/*' ||
  die "could not unpack the sources"

cmake -S source/runtimes -B build -G Ninja -DCMAKE_BUILD_TYPE=Release \
  -DCMAKE_C_COMPILER=clang-19 -DCMAKE_CXX_COMPILER=clang++-19 \
  -DCMAKE_INSTALL_PREFIX="$folder" -DLLVM_ENABLE_RUNTIMES='libcxx;libcxxabi' \
  -DLLVM_USE_SANITIZER=MemoryWithOrigins -DLLVM_INCLUDE_TESTS=OFF \
  -DLIBCXX_INCLUDE_BENCHMARKS=OFF -DLIBCXX_ENABLE_SHARED=OFF -DLIBCXXABI_ENABLE_SHARED=OFF \
  -DLIBCXXABI_USE_LLVM_UNWINDER=OFF -DLIBCXX_ENABLE_STATIC_ABI_LIBRARY=ON ||
  die "could not configure it"
ninja -C build install-cxx install-cxxabi || die "could not build it"
[[ -e $folder/lib/libc++.a ]] || die "made no $folder/lib/libc++.a"
