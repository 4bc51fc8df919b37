// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What afl-fuzz looks for in AFL_CUSTOM_MUTATOR_LIBRARY. AFL++ declares the type of each in its
// documentation, and installs no header that has them.
#pragma once

#include <cstddef>
#include <cstdint>

extern "C" {

// A mutator of its own for each afl-fuzz, which hands it to all others as `data`; what these hand
// out is its, until the next call. The same seed and the same calls give the same programs.
void* afl_custom_init(void* afl, unsigned seed);
void afl_custom_deinit(void* data);

// The input to run in the place of `buffer`: its size, at most that of the longest program, and at
// most `most` bytes. `other` is of the corpus as well, and is not looked at.
std::size_t afl_custom_fuzz(void* data, std::uint8_t* buffer, std::size_t size, std::uint8_t** out,
                            const std::uint8_t* other, std::size_t other_size, std::size_t most);

// How many programs are made of an input before another takes its turn; the same for each.
std::uint32_t afl_custom_fuzz_count(void* data, const std::uint8_t* buffer, std::size_t size);

// Is put into the name of a file that came of it.
const char* afl_custom_describe(void* data, std::size_t most);

// Trimming, by whole operations: first some at once, at last each alone. How many steps it may
// take, at most three for each operation; 0 if there is nothing to take away.
std::int32_t afl_custom_init_trim(void* data, const std::uint8_t* buffer, std::size_t size);
// The input with fewer operations that is to be tried next. Its size.
std::size_t afl_custom_trim(void* data, std::uint8_t** out);
// Did that reach the same? The number of the step after it; when nothing is left to be tried, what
// afl_custom_init_trim() returned.
std::int32_t afl_custom_post_trim(void* data, std::uint8_t success);
}
