# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# Copies the tracker from IMPL to FOLDER/impl and applies PATCHES to the copy.
# A patch that does not apply exactly is an error: it has to follow the tracker.
file(REMOVE_RECURSE ${FOLDER}/impl)
file(GLOB sources ${IMPL}/*.c ${IMPL}/*.h)
file(COPY ${sources} DESTINATION ${FOLDER}/impl)
foreach(patch IN LISTS PATCHES)
  execute_process(COMMAND patch --strip=1 --fuzz=0 --forward --no-backup-if-mismatch --input=${patch}
    WORKING_DIRECTORY ${FOLDER} RESULT_VARIABLE failed OUTPUT_VARIABLE said ERROR_VARIABLE said)
  if(failed)
    message(FATAL_ERROR "${patch} does not apply:\n${said}")
  endif()
endforeach()
