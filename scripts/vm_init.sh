#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# The first process of a test guest: loads the driver and the test devices, runs each
# program, and says on the console what came of it, as KTAP. scripts/vm.sh puts it
# into the guest together with /settings, /modules and /programs.
# What it measured, it says in lines "figure: NAME: NUMBER".
#
# A program has passed if it exits with 0, leaves no page pinned, and the kernel has
# not complained. One that has not ends the guest, as one that hangs does: nobody knows what it
# holds, or where it wrote.

/bin/busybox mkdir -p /bin /proc /sys /dev /tmp
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
exec </dev/null >/dev/console 2>&1
. /settings   # driver, groups, seconds

give_up() { echo "# guest: $*"; poweroff -f; }

# What the kernel said since the last time, from warnings up. That a user's argument or
# limit is in the way may be said in a line, as either driver does; Linux's leaves the page
# in domains with 8 KiB pages by which it tries whether they can split larger ones. An Intel IOMMU
# says what it kept a device from, which is as it should be. The rest of what is left out has
# nothing to do with drivers.
complaints() {
  local left=' a domain goes with '
  [ $driver != tidemark ] || left='^nothing$'
  dmesg -r -c | sed -n 's/^<[0-4]>//p' |
    grep -v -e '\] tidemark: ' -e '\] tidemark[_a-z]*: \(loading out-of-tree\|module verification\)' \
      -e '\] DMAR: DRHD: handling fault' -e '\] DMAR: \[DMA ' \
      -e 'RLIMIT_MEMLOCK ([0-9]*) exceeded' -e "$left" \
      -e '\] process .* launched ' -e 'clocksource' -e 'hrtimer: interrupt took'
}

pins() { # acquired and released, to the last one
  echo 1 >/proc/sys/vm/stat_refresh
  sed -n 's/^nr_foll_pin_[a-z]* //p' /proc/vmstat | tr '\n' ' '
}

# The NUMBER-th device of a kind, as "GROUP DEVICE".
device() {
  local path group
  case $groups.$1 in
    *.emulated) path=/sys/bus/platform/devices/tidemark-emulated.$2 ;;
    testdev.hardware=*)
      path=/sys/bus/platform/devices/tidemark-hardware.$((${1#hardware=} * 4 + $2)) ;;
    pci.hardware*) path=$(ls -d /sys/bus/pci/drivers/vfio-pci/*:* | sed -n "$(($2 + 1))p") ;;
    *) return 1 ;;
  esac
  group=$(readlink "$path/iommu_group") || return 1
  echo "${group##*/} ${path##*/}"
}

# Sets what the program says it needs, and prints the groups for its command line.
prepare() {
  local word kind nr_emulated=0 nr_hardware=0
  "$1" 2>&1 | while read -r word rest; do
    case $word in
      GROUP)
        kind=${rest#*: }
        kind=${kind%%[ ,]*}
        if [ "$kind" = emulated ]; then
          device emulated $nr_emulated
          nr_emulated=$((nr_emulated + 1))
        else
          device "$kind" $nr_hardware
          nr_hardware=$((nr_hardware + 1))
        fi ;;
      PARAMETER)
        echo "${rest#*=}" >/sys/module/$driver/parameters/"${rest%%=*}" 2>/dev/null ;;
    esac
  done
}

usual_parameters() {
  echo 65535 >/sys/module/$driver/parameters/dma_entry_limit
  [ ! -e /sys/module/$driver/parameters/range_rule ] ||
    echo whole >/sys/module/$driver/parameters/range_rule
  [ ! -e /sys/module/$driver/parameters/store ] ||
    echo bitmap >/sys/module/$driver/parameters/store
}

# Runs a program with a limit in time; its exit code is in /tmp/code afterwards.
run() {
  local waited=0
  rm -f /tmp/code
  (
    # The library is for the program alone: all else here is static.
    [ ! -e /recorder.so ] || export LD_PRELOAD=/recorder.so TIDEMARK_RECORD_LOG=/tmp/record
    "$@" >/tmp/output 2>&1
    echo $? >/tmp/code.new
    mv /tmp/code.new /tmp/code
  ) &
  while [ ! -e /tmp/code ] && [ $waited -lt $((seconds * 20)) ]; do
    sleep 0.05
    waited=$((waited + 1))
  done
  [ -e /tmp/code ]
}

# What the program asked, if it was recorded, for scripts/vm.sh.
send_record() {
  [ ! -e /tmp/record ] || sed "s/^/# record $1 /" /tmp/record
  rm -f /tmp/record
}

show() { sed 's/^/  # /' "$1"; }

hung() {
  echo "not ok $1 $2 # TIMEOUT after $seconds s"
  show /tmp/output
  for task in /proc/[0-9]*/task/*; do
    case $(readlink "${task%/task/*}/exe") in
      /programs/*) { cat "$task/comm"; cat "$task/stack"; } >/tmp/stack; show /tmp/stack ;;
    esac
  done
  give_up "it hangs"
}

# try NUMBER NAME
try() {
  local code before after why=
  echo "# running $2"
  set -- "$1" "$2" $(prepare "/programs/$2")
  local number=$1 name=$2
  shift 2
  before=$(pins)
  run "/programs/$name" "$@" || hung "$number" "$name"
  send_record "$name"
  read -r code </tmp/code
  after=$(pins)
  complaints >/tmp/complaints
  usual_parameters
  [ "$(echo "$after" | awk '{print $1 - $2}')" = 0 ] || why="pins acquired and released: $after, before $before"
  [ ! -s /tmp/complaints ] || why="$why the kernel complains"
  if [ -z "$why" ] && [ "$code" = 0 ]; then
    echo "ok $number $name"
    sed -n 's/^figure: /# &/p' /tmp/output
  elif [ -z "$why" ] && [ "$code" = 2 ]; then
    echo "ok $number $name # SKIP $(grep '^cannot run:' /tmp/output || tail -n 1 /tmp/output)"
  else
    echo "not ok $number $name"
    show /tmp/output
    [ -z "$why" ] || echo "  # $why"
    show /tmp/complaints
    give_up "what it has spoilt is not for the next"
  fi
}

for module in $(cat /modules/order); do
  insmod /modules/$module || give_up "cannot load $module"
done
[ -e /sys/module/$driver ] || give_up "$driver is not loaded"
# QEMU's edu devices.
[ $groups != pci ] || echo 1234 11e8 >/sys/bus/pci/drivers/vfio-pci/new_id
dmesg | grep '\] tidemark[_a-z]*: ' # what they say when loaded
complaints >/dev/null
echo 0 >/proc/sys/kernel/printk_ratelimit
usual_parameters

set -- $(cat /programs/order)
echo "KTAP version 1"
echo "1..$#"
number=0
for name; do
  number=$((number + 1))
  try $number $name
done
echo "# unloading"
for module in $(cat /modules/unload); do
  rmmod $module || echo "not ok $((number + 1)) unloading # $module"
done
complaints >/tmp/complaints
if [ -s /tmp/complaints ]; then
  echo "not ok $((number + 1)) unloading"
  show /tmp/complaints
fi
echo "# guest: done"
poweroff -f
