// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Programs to measure with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "program_bytes.h"

namespace tidemark::bench {

inline Operation simple(Verb verb) {
  Operation operation;
  operation.verb = verb;
  return operation;
}

// `count` programs of 30 operations: a group, a device, a mapping, START, then
// what the fuzzer's bytes say. The same ones every time.
inline std::vector<Program> random_programs(std::size_t count) {
  constexpr std::size_t kOperations = 30;
  std::mt19937_64 random(20200327);
  std::vector<Program> programs;
  for (std::size_t i = 0; i < count; ++i) {
    std::vector<std::uint8_t> bytes((1 + kOperations) * kRecordBytes);
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
    std::fill_n(bytes.begin(), kRecordBytes, std::uint8_t{0});  // the usual container
    Program program = decode(bytes);
    Operation attach = simple(Verb::attach);
    if (i % 4 == 0) attach.flags = kHardware;
    Operation map = simple(Verb::map);
    map.flags = kReadable | kWritable;
    map.size.pages = 8;
    map.vaddr.base = Base::fresh;
    program.operations[0] = attach;
    program.operations[1] = simple(Verb::enroll);
    program.operations[2] = map;
    program.operations[3] = simple(Verb::start);
    programs.push_back(std::move(program));
  }
  return programs;
}

}  // namespace tidemark::bench
