// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// From an input on which something went wrong to a finding that can be filed.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "drop.h"
#include "isolation.h"

namespace tidemark {

// What hangs is judged by these first, as each run of it takes all of its time.
inline constexpr unsigned kHangSeconds = 2;

// What it takes for `program` to end its process, in a hurry and so as a guess: what takes a moment
// is taken to hang, and only operations are left out. Nothing if it seems to end by itself. Cost: a
// few seconds.
std::optional<Program> sketch_of_end(const UnderTest& tested, const Program& program);

// Told how far it is where a program is made small in processes of its own, after each: how many
// operations it has by now, after how many runs.
using Watch = std::function<void(std::size_t operations, std::size_t runs)>;

// Reduces and names what the subject does wrong in `program`; nothing if it does
// nothing wrong. Cost: at most two minutes, for what hangs; else seconds.
std::optional<Diagnosed> diagnose_any(const UnderTest& tested, const Program& program,
                                      const Watch& watch = {});

// Told what is to be said of a program that hangs, before it is seen to do so for the whole time.
using Tell = std::function<void(const Diagnosed& in_short)>;

// Reduced programs of findings, by name.
using NamedPrograms = std::map<std::string, Program>;

// The same where judge_apart() has judged already, and there is a signature. What took longer than
// kHangSeconds is seen to take longer than `seconds`, too, once it is small: else there is nothing.
// `input` is what the program came from. What takes the
// process down, and with as few operations as can be has the name of one of `named` and the same
// operations in the same order, is evidently that one: it gets the name, and is not reduced
// further.
std::optional<Diagnosed> diagnose_as(const UnderTest& tested, const Judgement& judgement,
                                     const Program& program, std::span<const std::uint8_t> input,
                                     unsigned seconds, const NamedPrograms& named = {},
                                     const Watch& watch = {}, const Tell& tell = {});

// The same of a program that does nothing wrong alone, but after `before` in the same
// process: these are made few and small, too. Nothing if it does not then, either.
std::optional<Diagnosed> diagnose_after(const UnderTest& tested, std::vector<Program> before,
                                        const Program& program, std::span<const std::uint8_t> input,
                                        unsigned seconds);

}  // namespace tidemark
