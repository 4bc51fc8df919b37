# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# Fails if a source file in FOLDER includes anything but the standard library,
# <linux/vfio.h>, <boost/icl/...> and the folder's own headers.
# Usage: cmake -DFOLDER=<folder> -P check_includes.cmake
cmake_minimum_required(VERSION 3.20)

file(GLOB sources ${FOLDER}/*.h ${FOLDER}/*.cc)
if(NOT sources)
  message(FATAL_ERROR "no sources in '${FOLDER}'")
endif()

set(failures 0)
foreach(source IN LISTS sources)
  file(STRINGS ${source} lines REGEX "^[ \t]*#[ \t]*include")
  foreach(line IN LISTS lines)
    set(allowed FALSE)
    if(line MATCHES "^#include <([a-z_0-9]+)>$")  # no dot, no slash: the C++ standard library
      set(allowed TRUE)
    elseif(line MATCHES "^#include <(linux/vfio\\.h|boost/icl/[a-z_0-9/]+\\.hpp)>$")
      set(allowed TRUE)
    elseif(line MATCHES "^#include \"([a-z_0-9]+\\.h)\"$")
      # Not in the condition above: there it would be what an earlier line matched.
      if(EXISTS ${FOLDER}/${CMAKE_MATCH_1})
        set(allowed TRUE)
      endif()
    endif()
    if(NOT allowed)
      message(SEND_ERROR "${source}: the reference may not have: ${line}")
      math(EXPR failures "${failures} + 1")
    endif()
  endforeach()
endforeach()

if(failures)
  message(FATAL_ERROR "the reference must stay independent: ${failures} forbidden includes")
endif()
