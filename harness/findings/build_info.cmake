# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# Writes OUTPUT from INPUT, with the commit that the tree is at, and a digest of what was
# changed since; leaves it alone if nothing changed, so that nothing is built anew.
find_package(Git QUIET)
set(TIDEMARK_COMMIT unknown)
if(GIT_FOUND)
  execute_process(COMMAND ${GIT_EXECUTABLE} describe --always --dirty
    WORKING_DIRECTORY ${ROOT} OUTPUT_VARIABLE described OUTPUT_STRIP_TRAILING_WHITESPACE
    RESULT_VARIABLE failed ERROR_QUIET)
  if(NOT failed)
    set(TIDEMARK_COMMIT ${described})
    if(described MATCHES "-dirty$")
      execute_process(COMMAND ${GIT_EXECUTABLE} diff HEAD
        WORKING_DIRECTORY ${ROOT} OUTPUT_VARIABLE changed ERROR_QUIET)
      string(SHA256 digest "${changed}")
      string(SUBSTRING ${digest} 0 8 digest)
      string(APPEND TIDEMARK_COMMIT -${digest})
    endif()
  endif()
endif()
# Not configure_file(), which sets rights as well, and so fails for who does not own OUTPUT.
file(READ ${INPUT} text)
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT "${text}" @ONLY)
