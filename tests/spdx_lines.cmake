# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# Fails if a file below ROOT does not name its licences in its first two lines, or
# names one whose text is not in LICENSES/. Usage: cmake -DROOT=<folder> -P spdx_lines.cmake
cmake_minimum_required(VERSION 3.25)

# What is checked is all that is tracked; in an export, which has no repository, all that is there.
execute_process(COMMAND git ls-files WORKING_DIRECTORY ${ROOT}
  OUTPUT_VARIABLE files OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE failed ERROR_QUIET)
if(failed)
  file(GLOB_RECURSE files RELATIVE ${ROOT} ${ROOT}/*)
  list(FILTER files EXCLUDE REGEX "^(\\.git|build|findings|fuzzing)/")
else()
  string(REPLACE "\n" ";" files "${files}")
endif()
# Text and programs to read, patches, and JSON, which has no comments.
list(FILTER files EXCLUDE REGEX "^LICENSES/|\\.(md|txt|trace|patch|json)$")
if(NOT files)
  message(FATAL_ERROR "no files in '${ROOT}'")
endif()

set(known "")
file(GLOB texts ${ROOT}/LICENSES/*)
foreach(text IN LISTS texts)
  file(STRINGS ${text} lines REGEX "^Valid-License-Identifier: ")
  list(TRANSFORM lines REPLACE "^Valid-License-Identifier: " "")
  list(APPEND known ${lines})
endforeach()

foreach(file IN LISTS files)
  if(NOT EXISTS ${ROOT}/${file}) # deleted, and not yet committed
    continue()
  endif()
  file(STRINGS ${ROOT}/${file} lines LIMIT_COUNT 2)
  if(NOT "${lines}" MATCHES "SPDX-License-Identifier: ([A-Za-z0-9.-]+( OR [A-Za-z0-9.-]+)*)")
    message(SEND_ERROR "${file} has no SPDX-License-Identifier in its first two lines")
    continue()
  endif()
  string(REPLACE " OR " ";" names "${CMAKE_MATCH_1}")
  foreach(name IN LISTS names)
    if(NOT name IN_LIST known)
      message(SEND_ERROR "${file} is under ${name}, whose text is not in LICENSES/")
    endif()
  endforeach()
endforeach()
