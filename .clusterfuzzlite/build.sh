#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
exec bash -eux "$SRC/tidemark/fuzz/oss-fuzz/build.sh"
