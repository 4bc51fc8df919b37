# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# Fails if the file TEXT, which ./tidemark shows before anything is built, is not what the
# program itself prints.
# Usage: cmake -DPROGRAM=<path> -DWORDS=<list> -DTEXT=<file> -P help_text.cmake
cmake_minimum_required(VERSION 3.25)

execute_process(COMMAND ${PROGRAM} ${WORDS} --help OUTPUT_VARIABLE says RESULT_VARIABLE code)
file(READ ${TEXT} text)
if(NOT code EQUAL 0 OR NOT says STREQUAL text)
  list(JOIN WORDS " " words)
  message(FATAL_ERROR "${TEXT} is not what is printed by: ${PROGRAM} ${words} --help\n${says}")
endif()
