# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# Fails if a document below ROOT links to a file or a folder that is not there, or
# names one in `backticks`: by a path, or a source file by its name. Also if prose has a
# line of more than 100 bytes (tables, pictures and code are as wide as they are).
# Usage: cmake -DROOT=<folder> -P document_paths.cmake
cmake_minimum_required(VERSION 3.25)

file(GLOB_RECURSE all LIST_DIRECTORIES true RELATIVE ${ROOT} ${ROOT}/*)
list(FILTER all EXCLUDE REGEX "^(\\.git|build|findings|fuzzing)(/|$)")
set(documents ${all})
list(FILTER documents INCLUDE REGEX "\\.md$")
if(NOT documents)
  message(FATAL_ERROR "no documents in '${ROOT}'")
endif()

# What is Linux's, what is made, and what stands for any name.
set(elsewhere "^/|^(build|findings|fuzzing|drivers|include|lib|arch|a|b)/|seed_corpus|NAME|SUBJECT|vfio_iommu_type1\\.c")

# there(RESULT FOLDER PATH): is it there, seen from FOLDER or from the root, or is there a file whose
# path ends in it? A star stands for what it stands for in a shell.
function(there result folder path)
  file(GLOB found ${ROOT}/${folder}/${path} ${ROOT}/${path})
  if(NOT found)
    string(REPLACE "." "\\." ending ${path})
    string(REPLACE "*" "[^/]*" ending ${ending})
    set(found ${all})
    list(FILTER found INCLUDE REGEX "(^|/)${ending}$")
  endif()
  set(${result} "${found}" PARENT_SCOPE)
endfunction()

function(expect_narrow document text)
  string(REGEX REPLACE "\n```[^`]*\n```" "" text "\n${text}")
  string(REPLACE "\n" ";" lines "${text}")
  foreach(line IN LISTS lines)
    string(LENGTH "${line}" bytes)
    if(bytes GREATER 100 AND line MATCHES "^[^|<!#]*[^ |] ")
      message(SEND_ERROR "${document} has a line of ${bytes} bytes: ${line}")
    endif()
  endforeach()
endfunction()

foreach(document IN LISTS documents)
  cmake_path(GET document PARENT_PATH folder)
  file(READ ${ROOT}/${document} text)
  string(REPLACE ";" "," text "${text}")
  string(REPLACE "[" "(" text "${text}") # brackets would keep the parts of lists together
  string(REPLACE "]" ")" text "${text}")
  expect_narrow(${document} "${text}")
  string(REGEX MATCHALL "\\)\\([^)# ]+" links "${text}")
  list(TRANSFORM links REPLACE "^\\)\\(" "")
  list(FILTER links EXCLUDE REGEX "^https?:")
  foreach(link IN LISTS links)
    if(NOT EXISTS ${ROOT}/${folder}/${link})
      message(SEND_ERROR "${document} links to ${link}")
    endif()
  endforeach()
  string(REGEX MATCHALL "`[A-Za-z0-9_.*-]*/[A-Za-z0-9_./*-]*`|`[a-z0-9_*]+\\.(h|c|cc|sh|md|cmake)`" names "${text}")
  list(TRANSFORM names REPLACE "`|/`" "")
  list(FILTER names EXCLUDE REGEX "${elsewhere}")
  foreach(name IN LISTS names)
    there(found "${folder}" ${name})
    if(NOT found)
      message(SEND_ERROR "${document} names ${name}")
    endif()
  endforeach()
endforeach()
