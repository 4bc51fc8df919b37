// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// A corpus as it lies on the disk: are its files whole, and what are they to this build?
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "registry.h"

namespace tidemark::session {

struct CorpusLook {
  std::size_t files = 0;
  // Not all of what their names stand for, as a full disk leaves them, and taken away.
  std::size_t cut = 0;
  std::size_t unreadable = 0;  // and put aside
  std::size_t idle = 0;        // of which this build makes no operation, or does not run them
};

// Looks at each file of `corpus`, in which nobody else writes. Those that cannot be read, or that
// are larger than any input, go to `aside`. Throws std::system_error if a folder cannot be read or
// written. Cost: that of reading them all.
CorpusLook look_at_corpus(const std::filesystem::path& corpus, const std::filesystem::path& aside,
                          const UnderTest& tested);

// What came of an input for an engine: it is there if both are empty.
struct InputPut {
  std::string wrong;     // it is no program: a message that begins with the quoted path
  std::string no_bytes;  // why it has no bytes to begin with, the same
};
// `file` as `input`: a link to it, or of a NAME.trace, which is text, its bytes. Throws
// std::system_error.
InputPut put_input(const std::filesystem::path& file, const std::filesystem::path& input);

// Of the file that a process has written of the input that it ended on: is it there, and whole, by
// its name? One that did not reach the disk is written anew if `ran`, the last that the process
// began with, is that input. Else what there is of it goes, as it is another input, and standard
// error tells. Throws std::system_error.
bool keep_last_input(const std::filesystem::path& file, const std::vector<std::uint8_t>& ran);
// Where a process runs several programs for one input: the file gets the one that ran, and a name
// that goes with it, which is returned. Throws std::system_error.
std::filesystem::path with_what_ran(const std::filesystem::path& file,
                                    const std::vector<std::uint8_t>& ran);

}  // namespace tidemark::session
