/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* lib/bitmap.c includes it and uses nothing of it. */
