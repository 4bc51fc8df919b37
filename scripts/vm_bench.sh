#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# How fast VFIO's containers are with the tracker and with Linux's own driver, on one kernel, in
# guests (bench/guest_rates.c). ./tidemark bench vm calls it, once all packages are there.
# Usage: scripts/vm_bench.sh [--kernel 6.1|6.12]. Prints a table of calls a second.
# Exit code: 0 done, 1 one failed, 2 it could not run.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

rates() { # DRIVER OPTION...: NAME: RATE
  local log
  # No program needs to be exported, and so there is no exporter.
  log=$("$root/scripts/vm.sh" none --driver "$1" "${@:2}" "$root/bench/guest_rates.c") ||
    { local code=$?; printf '%s\n' "$log" >&2; return $code; }
  sed -n 's/^# figure: //p' <<<"$log"
}

ours=$(rates tidemark "$@")
linux=$(rates linux "$@")
awk -F ': ' '
  { rate = $NF; sub(/: [0-9]+$/, "") }
  NR == FNR { linux[$0] = rate; next }
  FNR == 1 { printf "| a second | Linux | tidemark | times as fast |\n|---|---:|---:|---:|\n" }
  { printf "| %s | %d | %d | %.2f |\n", $0, linux[$0], rate, rate / linux[$0] }
' <(printf '%s\n' "$linux") <(printf '%s\n' "$ours")
