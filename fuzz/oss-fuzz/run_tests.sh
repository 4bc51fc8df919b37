#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# After build.sh, in the same $WORK: the corpus on every fuzz target, and what the tracker
# and the reference may call. Needs no network.
set -eu

ctest --test-dir "$WORK/targets" --output-on-failure --no-tests=error --parallel "$(nproc)"
