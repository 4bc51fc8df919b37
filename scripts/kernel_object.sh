#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# Builds impl/ as a kernel module against Debian's headers, as a copy under
# build/kernel, with W=1 and sparse. Any warning about our files fails it. Needs
# the packages linux-headers-amd64, make, sparse and kmod.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
copy=$root/build/kernel
log=$copy/build.log

fail() { printf 'kernel_object: %s\n' "$*" >&2; exit 1; }

# Of the headers that are installed, whatever kernel runs.
package=$(dpkg-query -W -f='${Depends}' linux-headers-amd64) || fail "no kernel headers"
[[ $package =~ linux-headers-([^ ,]+) ]] || fail "which headers are these? $package"
version=${BASH_REMATCH[1]}

rm -rf "$copy"
mkdir -p "$copy"
cp -r "$root/impl/." "$copy/"

make -C "/lib/modules/$version/build" M="$copy" W=1 C=2 modules >"$log" 2>&1 ||
  { cat "$log"; fail "the module does not build"; }
if grep -E "^$copy.*warning:|^WARNING: modpost" "$log"; then fail "warnings"; fi
grep -q '  MODPOST ' "$log" || fail "modpost did not run"
/sbin/modinfo -F vermagic "$copy/tidemark.ko" | grep -q "^$version " ||
  fail "no module for $version"
echo "impl/ builds as a module of Linux $version"
