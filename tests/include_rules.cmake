# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# Who may include what: fails if a file below ROOT has an include that its rule
# does not allow. Usage: cmake -DROOT=<folder> -P include_rules.cmake
cmake_minimum_required(VERSION 3.25)

set(std "<[a-z_0-9]+>")  # no dot, no slash: the C++ standard library
set(system "<([a-z_0-9]+|sys/[a-z_0-9]+|bsd/sys/tree|linux/types|linux/vfio)\\.h>")
set(seen "")

# rule(FILES ALLOWED...): each of the files that no rule above is for may include
# what matches one of the patterns, or is a header of a folder (ends with '/').
function(rule files)
  file(GLOB sources RELATIVE ${ROOT} ${ROOT}/${files})
  list(FILTER sources INCLUDE REGEX "\\.(c|cc|h)$")
  if(NOT sources)
    message(SEND_ERROR "a rule for no file: ${files}")
  endif()
  list(REMOVE_ITEM sources ${seen})
  set(seen ${seen} ${sources} PARENT_SCOPE)
  foreach(source IN LISTS sources)
    file(STRINGS ${ROOT}/${source} lines REGEX "^[ \t]*#[ \t]*include")
    foreach(line IN LISTS lines)
      string(REGEX REPLACE "^[ \t]*#[ \t]*include[ \t]*" "" what "${line}")
      set(allowed FALSE)
      string(REGEX MATCH "^\"[a-z_0-9]+\\.h\"" header "${what}")
      string(REPLACE "\"" "" header "${header}")
      foreach(pattern IN LISTS ARGN)
        if(pattern MATCHES "/$")
          if(header AND EXISTS ${ROOT}/${pattern}${header})
            set(allowed TRUE)
          endif()
        elseif(what MATCHES "^${pattern}")
          set(allowed TRUE)
        endif()
      endforeach()
      if(NOT allowed)
        message(SEND_ERROR "${source} may not include ${what}")
      endif()
    endforeach()
  endforeach()
endfunction()

rule(impl/os_user/*.* impl/os_user/ ${system})
rule(impl/os_kernel/*.* impl/os_kernel/ "<linux/[a-z_0-9/]+\\.h>"
  "\"tidemark(_limits)?\\.h\"")
rule(impl/testdev/*.* impl/testdev/ "<linux/[a-z_0-9/]+\\.h>")
rule(impl/tidemark.h "<linux/types\\.h>")
rule(impl/*.* impl/ "\"tidemark_os\\.h\"")
rule(reference/*.* reference/ ${std} "<linux/vfio\\.h>" "<boost/icl/[a-z_0-9/]+\\.hpp>")

# The rooms of the harness; harness/CMakeLists.txt has the same rules, as the folders
# that each is compiled with.
set(rooms)
function(room name)
  list(TRANSFORM ARGN REPLACE "(.+)" "harness/\\1/" OUTPUT_VARIABLE uses)
  rule(harness/${name}/*.* harness/${name}/ ${uses} ${std} ${system})
  set(seen ${seen} PARENT_SCOPE)
  set(rooms ${rooms} harness/${name}/ PARENT_SCOPE)
endfunction()
rule(harness/subjects/tracker.cc harness/subjects/ harness/simulator/ harness/program/
  harness/hardware/ harness/base/ ${std} ${system} "\"(tidemark|os_machine)\\.h\"")
rule(harness/subjects/reference.cc harness/subjects/ harness/simulator/ harness/program/
  harness/hardware/ harness/base/ ${std} ${system} "\"(linux_)?model\\.h\"")
rule(harness/subjects/quirked_reference.h harness/subjects/ harness/simulator/ ${std}
  "\"quirks\\.h\"")
rule(harness/findings/environment.cc harness/findings/ harness/subjects/ ${std}
  "<nlohmann/json\\.hpp>")
rule(harness/subjects/include/tidemark/*.h "<(linux/types|std(bool|def))\\.h>")
rule(harness/subjects/foreign*.* harness/subjects/ harness/simulator/ harness/program/
  harness/hardware/ harness/base/ ${std} ${system} "<tidemark/subject\\.h>")
room(base)
room(hardware base)
room(program hardware base)
room(language program hardware base)
room(mutation program hardware base)
room(history language program hardware base)
room(recorded history language program hardware base)
room(import recorded history language program hardware base)
room(simulator program hardware base)
room(oracles simulator language program hardware base)
room(subjects oracles simulator program hardware base)
room(triage subjects oracles simulator language program hardware base)
room(findings triage subjects oracles simulator language program hardware base)
rule(harness/status/run_state.cc harness/status/ ${std} "<nlohmann/json\\.hpp>")
room(status findings triage subjects oracles simulator language program hardware base)
room(export subjects oracles simulator language program hardware base)
rule(harness/engine/*.* harness/engine/ fuzz/ ${rooms} ${std} ${system}
  "<fmt/core\\.h>")
set(rooms ${rooms} harness/engine/)
rule(harness/session/*.* harness/session/ fuzz/ ${rooms} ${std} ${system}
  "<(fmt|nlohmann)/[A-Za-z_0-9]+\\.(h|hpp)>")
set(rooms ${rooms} harness/session/)
rule(harness/cli/*.* harness/cli/ ${rooms} ${std} ${system}
  "<(CLI|fmt|nlohmann)/[A-Za-z_0-9]+\\.(h|hpp)>")
rule(record/*.* record/ ${system} "<linux/close_range\\.h>")
rule(fuzz/store_fuzzer.c "\"dirty\\.h\"")
rule(fuzz/random_main.cc ${rooms} ${std} ${system})
rule(fuzz/progress.cc fuzz/ ${std} ${system})
rule(fuzz/*.* fuzz/ ${rooms} ${std})
rule(peers/linux/linux_command.cc peers/linux/ harness/cli/ ${rooms} ${std} "<CLI/CLI\\.hpp>")
rule(peers/linux/*.* peers/linux/ peers/linux/kernel/ ${rooms} tests/ ${std} ${system}
  "\"quirks\\.h\"" "<gtest/gtest\\.h>")
set(iommufd peers/iommufd/ peers/iommufd/kernel/ harness/base/)
rule(peers/iommufd/iommufd_command.cc ${iommufd} harness/cli/ ${std} ${system} "<CLI/CLI\\.hpp>")
rule(peers/iommufd/*.* ${iommufd} tests/ ${std} ${system} "<boost/icl/[a-z_0-9/]+\\.hpp>"
  "<gtest/gtest\\.h>")
rule(peers/libvfio-user/*_test.cc tests/ ${rooms} ${std} "<gtest/gtest\\.h>")
rule(peers/libvfio-user/adapter/*.* peers/libvfio-user/adapter/ ${system} "<(dma|tidemark/subject)\\.h>")
