# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# Runs each SHARDS-th of a program's tests from the SHARD-th on, in one process. Fails if one of
# them fails, if there is none, or if the process ends before the last.
# Usage: cmake -DPROGRAM=<path> -DSHARD=<1 to SHARDS> -DSHARDS=<number> -P shard.cmake
cmake_minimum_required(VERSION 3.25)

math(EXPR index "${SHARD} - 1")
set(ENV{GTEST_TOTAL_SHARDS} ${SHARDS})
set(ENV{GTEST_SHARD_INDEX} ${index})
execute_process(COMMAND ${PROGRAM} OUTPUT_VARIABLE says ERROR_VARIABLE says RESULT_VARIABLE code)
string(REGEX MATCH "Running ([1-9][0-9]*) test" started "${says}")
set(count ${CMAKE_MATCH_1})
if(started AND code STREQUAL "0" AND says MATCHES "\\[  PASSED  \\] ${count} test")
  message("${count} tests passed")
  return()
endif()
# What has nothing to say is left out.
string(REGEX REPLACE "\\[ RUN      \\] [^\n]*\n\\[       OK \\] [^\n]*\n" "" says "${says}")
message("${says}")
message(FATAL_ERROR "${PROGRAM}, shard ${SHARD} of ${SHARDS}, ended with ${code}")
