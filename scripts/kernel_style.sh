#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# Asks Linux's own scripts about impl/: kernel-doc complains about no comment, and
# every struct, enum and function that is not static has one; checkpatch --strict
# complains about nothing but what kernel_style_exceptions.txt lists, all of which
# still occurs. Needs perl, xz-utils and the package linux-source-6.1, of which it
# unpacks the scripts alone.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

source=/usr/src/linux-source-6.1.tar.xz
exceptions=scripts/kernel_style_exceptions.txt
tools=build/kernel_style
wrong=0

complain() { printf 'kernel_style: %s\n' "$*" >&2; wrong=1; }

if [[ ! -e $tools/spelling.txt || $source -nt $tools/spelling.txt ]]; then
  mkdir -p "$tools"
  tar -xJf "$source" -C "$tools" --touch --strip-components=2 \
    linux-source-6.1/scripts/{checkpatch.pl,const_structs.checkpatch,kernel-doc,spelling.txt}
fi

headers=(impl/*.h impl/os_kernel/*.h impl/os_user/os_machine.h
  impl/testdev/{emu_device,iommu,kinds,page_table,testdev_versions}.h)
# What stands in for the kernel's functions has their names, and their documents; the
# emulated device's ioctls have docs/emulated-device.md.
stand_ins=(impl/os_user/tidemark_os.[ch] impl/testdev/emu_ioctl.h)
files=("${headers[@]}" impl/*.c impl/os_kernel/*.c impl/testdev/*.c)

# --- Comments ---

log=$tools/kernel-doc.log
perl "$tools/kernel-doc" -v -none "${files[@]}" 2>"$log" || complain "kernel-doc fails"
if grep -v ': info: Scanning doc for ' "$log" >&2; then complain "kernel-doc complains"; fi

# Definitions of types, and declarations of functions: static ones begin otherwise.
mapfile -t names < <({
  sed -n 's/^\(struct\|enum\|union\) \([a-z_]*\) {.*/\2/p' "${files[@]}"
  sed -n '/^\(static\|#\|extern\|typedef\)/d; s/^[a-z].*[ *]\([a-z_]*\)(.*/\1/p' "${headers[@]}"
} | sort -u)
((${#names[@]})) || complain "found nothing that wants a comment"
for name in "${names[@]}"; do
  grep -q "Scanning doc for [a-z]* $name\$" "$log" || complain "$name has no kernel-doc comment"
done

# --- Style ---

# As TYPE FILE, one a complaint.
perl "$tools/checkpatch.pl" --strict --no-tree --terse --show-types --no-summary \
  -f "${files[@]}" "${stand_ins[@]}" >"$tools/checkpatch.log" || true
mapfile -t allowed < <(sed -n 's/^\([A-Z_]* [^ ]*\)  .*/\1/p' "$exceptions")
while IFS=: read -r file line _ type what; do
  type=${type# }
  [[ " ${allowed[*]/#/|} " == *"|$type $file "* ]] ||
    complain "$file:$line: $type:$what"
done <"$tools/checkpatch.log"
for exception in "${allowed[@]}"; do
  read -r type file <<<"$exception"
  grep -q "^$file:[0-9]*: [A-Z]*:$type:" "$tools/checkpatch.log" ||
    complain "$exceptions: nothing any more: $exception"
done

((!wrong))
echo "${#names[@]} comments, and ${#allowed[@]} exceptions from checkpatch --strict"
