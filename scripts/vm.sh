#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# Runs programs on a real kernel, Debian's own, in QEMU: each as C, made by
# `export c`, on containers of /dev/vfio/vfio. ./tidemark vm calls it, once all
# packages are there. All that it needs besides is below build/vm.
# Usage: scripts/vm.sh TIDEMARK [--kernel 6.1|6.12] [--driver tidemark|linux]
# [--groups testdev|pci] [--record DIR] [FILE...], where TIDEMARK is the built program; with
# --record, tidemark_recorder.so is beside it, and what each program asked, and what came out, goes
# to DIR. With --groups pci hardware groups are PCI devices behind an Intel IOMMU, both QEMU's, and
# programs without any are left out. A FILE.c is compiled as it is, and has to behave as an exported
# program. Prints KTAP. What Linux is known to do otherwise is marked XFAIL.
# Exit code: 0 as expected, 1 something was found, 2 it could not run.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
vm=$root/build/vm
tidemark=$1
kernel=6.1 driver=tidemark groups=testdev record='' files=()
seconds=60        # for one program, as the guest counts them
guest_seconds=1800 # for one guest

die() { printf 'vm: %s\n' "$*" >&2; exit 2; }

shift
while (($#)); do
  case $1 in
    --kernel=*) kernel=${1#*=} && shift ;;
    --driver=*) driver=${1#*=} && shift ;;
    --groups=*) groups=${1#*=} && shift ;;
    --record=*) record=${1#*=} && shift ;;
    --record) record=${2:-} && shift 2 ;;
    --kernel) kernel=${2:-} && shift 2 ;;
    --driver) driver=${2:-} && shift 2 ;;
    --groups) groups=${2:-} && shift 2 ;;
    -*) die "there is no option $1" ;;
    *) files+=("$1") && shift ;;
  esac
done
case $kernel in
  6.1) headers=linux-headers-cloud-amd64 ;;
  6.12) headers=linux-headers-6.12-cloud-amd64 ;;
  *) die "there is no kernel '$kernel': 6.1 or 6.12" ;;
esac
case $driver in
  tidemark) module=tidemark ;;
  linux) module=vfio_iommu_type1 ;;
  *) die "there is no driver '$driver': tidemark or linux" ;;
esac
# What the IOMMU is like, in the words of a program.
iommu=() boot_line=
case $groups in
  testdev) programs=$vm/programs machine=(-M q35) modules_of_groups=(tidemark_iommu) ;;
  pci)
    programs=$vm/programs.pci
    modules_of_groups=(irqbypass vfio-pci-core vfio-pci)
    machine=(-M "q35,kernel-irqchip=split")
    machine+=(-device "intel-iommu,intremap=on,snoop-control=on,aw-bits=48")
    machine+=(-device edu -device edu -device edu -device edu)
    boot_line=" intel_iommu=on iommu=nopt"
    iommu=(--hardware "5 aperture=0x0-0xffffffffffff") ;;
  *) die "there are no groups '$groups': testdev or pci" ;;
esac
if ((!${#files[@]})); then
  [[ $groups != pci ]] || files=("$root/tests/guest/device_writes.c")
  files+=("$root"/corpus/seeds/*.trace "$root"/corpus/regressions/*.trace)
fi
mapfile -t files < <(realpath -e "${files[@]}")
((${#files[@]})) || die "no program"

if [[ $record ]]; then
  mkdir -p "$record" && record=$(realpath "$record") || die "no folder for records: $record"
fi

# The kernel's image is the one that the installed headers are of.
depends=$(dpkg-query -W -f='${Depends}' "$headers") || die "no package $headers"
[[ $depends =~ linux-headers-([^ ,]+) ]] || die "which headers are these? $depends"
version=${BASH_REMATCH[1]}
image=$vm/$version/image
modules=$image/lib/modules/$version

# --- Kernel and modules ---

# Debian's package, unpacked; nothing is installed.
fetch_kernel() {
  [[ ! -e $image/boot/vmlinuz-$version ]] || return 0
  mkdir -p "$vm/$version/package"
  (cd "$vm/$version/package" && apt-get download "linux-image-$version") >"$vm/fetch.log" 2>&1 ||
    { cat "$vm/fetch.log" >&2; die "could not download linux-image-$version"; }
  rm -rf "$image.new"
  dpkg-deb -x "$vm/$version/package"/linux-image-*.deb "$image.new"
  find "$image.new/lib/modules" \( -name 'vfio*.xz' -o -name 'irqbypass*.xz' \) -exec xz -d {} +
  mv "$image.new" "$image"
}

build_module() { # FOLDER, below impl or impl itself
  local copy=$vm/$version/$1
  mkdir -p "$copy"
  cp -ru "$root/$1/." "$copy/"
  make -j "$(nproc)" -C "/lib/modules/$version/build" M="$copy" CONFIG_DEBUG_INFO_BTF_MODULES= modules \
    >"$copy/build.log" 2>&1 || { cat "$copy/build.log" >&2; die "$1 does not build"; }
}

# --- Programs ---

# Exported anew only if the program, its hardware or the exporter is newer, compiled anew only if
# the C is another than last time.
compile() { # NAME FILE
  local c=$programs/$1.c
  [[ ! $c -nt $2 || ! $c -nt $tidemark || ! $c -nt $programs/hardware || ! -e $programs/$1 ]] ||
    return 0
  if [[ $2 == *.c ]]; then
    cp "$2" "$c.new"
  else
    "$tidemark" export c "${iommu[@]}" "$2" -o "$c.new" || die "no program: $2"
  fi
  if [[ -e $programs/$1 ]] && cmp -s "$c.new" "$c"; then
    rm "$c.new"
    touch "$c"
  else
    mv "$c.new" "$c"
    rm -f "$programs/$1"
    gcc -std=c11 -pthread -I"$root"/{impl/testdev,tests/guest} -o "$programs/$1" "$c"
  fi
}

# With its folder's: a seed and a regression may have the same.
name_of() {
  local name=${1##*/} folder=${1%/*}
  echo "${folder##*/}.${name%.*}"
}

compile_all() {
  local file name nr_jobs=0 nr_done=0
  mkdir -p "$programs"
  [[ $(cat "$programs/hardware" 2>/dev/null) == "${iommu[*]}" ]] ||
    echo "${iommu[*]}" >"$programs/hardware"
  for file in "${files[@]}"; do
    name=$(name_of "$file")
    names+=("$name")
    ((++nr_jobs <= 2 * $(nproc))) || wait -n || die "a program does not compile"
    compile "$name" "$file" &
  done
  while ((nr_done++ < ${#names[@]})) && wait -n; do :; done
  for name in "${names[@]}"; do
    [[ -x $programs/$name ]] || die "$name does not compile"
  done
}

# With PCI devices, those that have a hardware group.
choose() {
  local name chosen=()
  [[ $groups == pci ]] || return 0
  for name in "${names[@]}"; do
    [[ $("$programs/$name" 2>&1) != *": hardware"* ]] || chosen+=("$name")
  done
  ((${#chosen[@]})) || die "no program has a hardware group"
  names=("${chosen[@]}")
}

# What Linux's driver is known to do otherwise: the verdict on the same code in user space.
known_differences() {
  local line file traces=()
  for file in "${files[@]}"; do
    [[ $file == *.c ]] || traces+=("$file")
  done
  [[ $driver == linux && ${#traces[@]} != 0 ]] || return 0
  while IFS= read -r line; do
    [[ $line =~ ^(/.*\.[a-z]*):\ known:\ (.*) ]] || continue
    known[$(name_of "${BASH_REMATCH[1]}")]=${BASH_REMATCH[2]}
  done < <("$tidemark" replay --quiet --subject "linux-$kernel" "${traces[@]}" || true)
}

# --- Guests ---

# A guest for the programs from number $1 on; sets $initramfs.
pack() {
  local guest=$vm/guest program library
  rm -rf "$guest"
  mkdir -p "$guest"/{bin,modules,programs,lib64,lib/x86_64-linux-gnu}
  cp /bin/busybox "$guest/bin/"
  cp "$root/scripts/vm_init.sh" "$guest/init"
  cp -L /lib64/ld-linux-x86-64.so.2 "$guest/lib64/"
  cp -L /lib/x86_64-linux-gnu/libc.so.6 "$guest/lib/x86_64-linux-gnu/"
  : >"$guest/modules/order"
  for library in vfio_virqfd vfio "$module" "${modules_of_groups[@]}" tidemark_emu; do
    find "$modules" "$vm/$version/impl" -name "$library.ko" -exec cp {} "$guest/modules/" \;
    # 6.12 has no vfio_virqfd.
    [[ ! -e $guest/modules/$library.ko ]] || echo "$library.ko" >>"$guest/modules/order"
  done
  sed -n '/^vfio\(_virqfd\)\?\.ko$/!s/\.ko$//p' "$guest/modules/order" | tac >"$guest/modules/unload"
  printf '%s\n' "driver=$module" "groups=$groups" "seconds=$seconds" >"$guest/settings"
  [[ ! $record ]] || cp "${tidemark%/*}/tidemark_recorder.so" "$guest/recorder.so"
  for program in "${names[@]:$1}"; do
    cp "$programs/$program" "$guest/programs/"
    echo "$program"
  done >"$guest/programs/order"
  (cd "$guest" && find . | cpio -o -H newc --quiet) >"$vm/initramfs"
}

# Everything ends: the programs in the guest, the guest, and whoever reads from it. A second in the
# guest is a number of instructions, so that a busy machine hangs no program, and what waits for its
# end does not wait.
boot() {
  timeout -k 5 "$guest_seconds" qemu-system-x86_64 "${machine[@]}" -accel tcg -smp 1 \
    -icount shift=0,sleep=off -m 2048 -nodefaults -no-user-config -display none -serial stdio -no-reboot \
    -kernel "$image/boot/vmlinuz-$version" -initrd "$vm/initramfs" \
    -append "console=ttyS0 quiet panic=-1 oops=panic mitigations=off nokaslr tsc=reliable no_timer_check${boot_line}" \
    </dev/null 2>&1 | stdbuf -oL tr -d '\r'
}

# --- What came of it ---

number=0 nr_found=0
verdict() { # WHAT NAME REST
  number=$((number + 1))
  if [[ $1 == "not ok" && -n ${known[$2]:-} ]]; then
    echo "not ok $number $2 # XFAIL ${known[$2]}"
    return
  fi
  [[ $1 == ok ]] || nr_found=$((nr_found + 1))
  echo "$1 $number $2${3:+ $3}"
}

# One guest's words: every verdict gets its number among all of them.
listen() {
  local line running=
  done_there=0
  while IFS= read -r line; do
    case $line in
      "KTAP version"* | 1..* | "# running "*) running=${line#\# running } ;;
      "# guest: done") done_there=all ;;
      "# record "*)
        line=${line#\# record }
        echo "${line#* }" >>"$record/${line%% *}.log" ;;
      "ok "* | "not ok "*)
        [[ $line =~ ^((not )?ok)\ [0-9]+\ ([^ ]+)\ ?(.*) ]]
        verdict "${BASH_REMATCH[1]}" "${BASH_REMATCH[3]}" "${BASH_REMATCH[4]}"
        [[ $done_there == all ]] || done_there=$((done_there + 1))
        running= ;;
      *) echo "$line" ;;
    esac
  done
  if [[ $done_there != all && -n $running && $running != [K1]* ]]; then
    verdict "not ok" "$running" "# the guest died, or was ended"
    done_there=$((done_there + 1))
  fi
}

# A program of each record, which expects what came out there.
import_records() {
  local log
  for log in "$record"/*.log; do
    [[ -e $log ]] || { echo "# nothing was recorded"; return; }
    "$tidemark" import "$log" -o "${log%.log}.trace" 2>"$vm/import.log" ||
      { sed 's/^/# /' "$vm/import.log"; return; }
  done
  echo "# what came out is in $record"
}

# The programs are short, and looking for leaks takes longer than they do.
export ASAN_OPTIONS=detect_leaks=0
names=()
declare -A known=()
exec 9>"$vm.lock"
flock 9
mkdir -p "$vm"
fetch_kernel
build_module impl
build_module impl/testdev
compile_all
choose
known_differences

echo "KTAP version 1"
echo "1..${#names[@]}"
echo "# Linux $version, driver $driver, groups of $groups"
first=0
while ((first < ${#names[@]})); do
  pack "$first"
  listen < <(boot | tee "$vm/console")
  [[ $done_there != all ]] || break
  ((done_there)) || die "the guest did not come up; its console is in build/vm/console"
  first=$((first + done_there))
done
[[ ! $record ]] || import_records
echo "# ${#names[@]} programs, $nr_found found"
((nr_found == 0))
