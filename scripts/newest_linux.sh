#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# Brings the newest sources of Linux that Debian has, of whatever release, into FOLDER, as the
# .tar.xz that --subject linux:FILE takes, and prints its path. The system's apt is asked which
# archive it uses, and is not touched: lists and package lie in an apt root of their own.
# Exit code: 0 it is there, 2 it is not.
# Usage: scripts/newest_linux.sh FOLDER
set -euo pipefail

say() { printf 'tidemark: %s\n' "$*" >&2; }
die() { say "$@"; exit 2; }

(($# == 1)) || die "usage: scripts/newest_linux.sh FOLDER"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
for tool in apt-get apt-cache dpkg-deb; do
  command -v $tool >/dev/null || die "no $tool: this is for Debian; anywhere else, name a tree"
done
[[ -e $keyring ]] || die "no $keyring: the package debian-archive-keyring has it"
mkdir -p "$1" || die "could not write to $1"
folder=$(cd "$1" && pwd)
root=$folder/apt

# With a service's variables or the user's, it would be theirs.
unset APT_CONFIG
# shellcheck disable=SC2016  # that is apt's own
archives=$(apt-get indextargets --format '$(REPO_URI) $(LABEL)' 'Created-By: Packages' \
  'Origin: Debian' | sed -n 's/ Debian$//p' | sort -u)
[[ -n $archives ]] || die "apt knows no archive of Debian's: run apt-get update first"
mkdir -p "$root"/etc/apt/{apt.conf.d,preferences.d,sources.list.d,trusted.gpg.d} \
  "$root"/var/lib/apt/lists/partial "$root"/var/cache/apt/archives/partial "$root"/var/lib/dpkg
: >"$root/var/lib/dpkg/status"
# lists SUITE...: the lists of these.
lists() {
  local archive suite
  for archive in $archives; do
    for suite; do
      printf 'deb [signed-by=%s] %s %s main\n' "$keyring" "$archive" "$suite"
    done
  done >"$root/etc/apt/sources.list"
  apt-get update >"$root/log" 2>&1 || say "not all lists came: $(grep -m 1 '^E:' "$root/log" || true)"
}
# A mirror that was frozen has lists that are too old to be valid; which version is the newest
# there is all that is asked of them, and they are signed.
cat >"$root/apt.conf" <<END
Dir "$root";
Dir::State::status "$root/var/lib/dpkg/status";
Acquire::Languages "none";
Acquire::Check-Valid-Until "false";
APT::Sandbox::User "root";
END
export APT_CONFIG=$root/apt.conf

say "asking Debian's archive for the newest Linux"
lists unstable testing stable-backports
# By their codenames: mirrors have been seen with older lists for the aliases.
mapfile -t suites < <(sed -n 's/^Codename: //p' "$root"/var/lib/apt/lists/*Release | sort -u)
((!${#suites[@]})) || lists "${suites[@]}"
package=$(apt-cache search --names-only '^linux-source-[0-9.]+$' | cut -d' ' -f1 | sort -V | tail -n 1)
[[ -n $package ]] || die "no linux-source package in the lists that came: $root/log"
target=$folder/$package.tar.xz
if [[ ! -e $target ]]; then
  say "downloading $package"
  (cd "$root" && rm -f -- *.deb && apt-get download "$package" >>log 2>&1) ||
    die "could not download $package: $root/log"
  if ! dpkg-deb --fsys-tarfile "$root/$package"_*.deb |
    tar --extract --to-stdout "./usr/src/$package.tar.xz" >"$target.new" ||
    ! mv "$target.new" "$target"; then
    rm -f "$target.new"
    die "could not unpack $package into $folder"
  fi
  rm -f "$root"/*.deb
fi
printf '%s\n' "$target"
