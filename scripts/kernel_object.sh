#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# Builds impl/ and impl/testdev/ as kernel modules against Debian's headers of Linux
# 6.1 and 6.12, as copies under build/kernel, with W=1 and sparse. Any warning about our
# files fails it, and so does what impl_symbols.sh says of the tracker's objects. Needs
# make, sparse, kmod and the packages below.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
packages=(linux-headers-amd64 linux-headers-6.12-cloud-amd64)

fail() { printf 'kernel_object: %s\n' "$*" >&2; exit 1; }

# modules VERSION FOLDER MODULE...: all that FOLDER has.
modules() {
  local version=$1 folder=$2 log=$2/build.log module
  # Type information for BPF would need pahole, and is nothing that we check.
  make -j "$(nproc)" -C "/lib/modules/$version/build" M="$folder" W=1 C=2 \
    CONFIG_DEBUG_INFO_BTF_MODULES= modules >"$log" 2>&1 ||
    { cat "$log"; fail "${*:3} does not build for $version"; }
  if grep -F "$folder" "$log" | grep -E ' (warning|error): ' || grep '^WARNING: modpost' "$log"; then
    fail "warnings"
  fi
  grep -q '  MODPOST ' "$log" || fail "modpost did not run"
  grep -q '  CHECK ' "$log" || fail "sparse did not run"
  for module in "${@:3}"; do
    /sbin/modinfo -F vermagic "$folder/$module.ko" | grep -q "^$version " ||
      fail "no $module for $version"
  done
}

# build PACKAGE: for the headers that it stands for, whatever kernel runs.
build() {
  local depends version copy objects
  depends=$(dpkg-query -W -f='${Depends}' "$1") || fail "no package $1"
  [[ $depends =~ linux-headers-([^ ,]+) ]] || fail "which headers are these? $depends"
  version=${BASH_REMATCH[1]}
  copy=$root/build/kernel/$version

  mkdir -p "$copy"
  cp -r "$root/impl/." "$copy/"
  modules "$version" "$copy" tidemark
  mapfile -t objects < <(grep -v '/module\.o$' "$copy/tidemark.mod")
  "$root/scripts/impl_symbols.sh" "${objects[@]}"
  modules "$version" "$copy/testdev" tidemark_iommu tidemark_emu
  echo "impl/ and impl/testdev/ build as modules of Linux $version"
}

rm -rf "$root/build/kernel"
for package in "${packages[@]}"; do
  build "$package"
done
