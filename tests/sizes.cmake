# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# How large the harness may get: fails if a file has more than 450 lines, or a room
# more than 2,500. That no function has more than 60 is for harness/.clang-tidy.
# Usage: cmake -DROOT=<folder> -P sizes.cmake
cmake_minimum_required(VERSION 3.25)

set(most_of_file 450)
set(most_of_room 2500)

function(count_lines file result)
  file(READ ${file} content)
  string(REGEX REPLACE "[^\n]" "" ends "${content}")
  string(LENGTH "${ends}" count)
  set(${result} ${count} PARENT_SCOPE)
endfunction()

file(GLOB rooms RELATIVE ${ROOT} ${ROOT}/harness/*/README.md)
if(NOT rooms)
  message(FATAL_ERROR "no rooms in ${ROOT}/harness")
endif()
foreach(room IN LISTS rooms)
  string(REPLACE "/README.md" "" room ${room})
  file(GLOB sources RELATIVE ${ROOT} ${ROOT}/${room}/*.h ${ROOT}/${room}/*.cc)
  if(NOT sources)
    message(SEND_ERROR "${room} has no sources")
  endif()
  set(room_lines 0)
  foreach(source IN LISTS sources)
    count_lines(${ROOT}/${source} lines)
    math(EXPR room_lines "${room_lines} + ${lines}")
    if(lines GREATER most_of_file)
      message(SEND_ERROR "${source} has ${lines} lines, a file has at most ${most_of_file}")
    endif()
  endforeach()
  message(STATUS "${room}: ${room_lines} lines")
  if(room_lines GREATER most_of_room)
    message(SEND_ERROR "${room} has ${room_lines} lines, a room has at most ${most_of_room}")
  endif()
endforeach()
