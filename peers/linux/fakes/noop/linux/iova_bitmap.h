/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Devices that track dirty pages themselves are not type1's matter. */
