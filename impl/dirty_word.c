// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "dirty_word.h"

const u64 tidemark_dirty_words_all[TIDEMARK_WORDS_SHOWN] = {
	[0 ... TIDEMARK_WORDS_SHOWN - 1] = ~(u64)0,
};
