# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# Fails unless a program of the corpus shows the bug NAME to TOOL, which has it.
# The regression that is named for it goes first: it is all that need run.
file(GLOB programs ${CORPUS}/regressions/*.trace ${CORPUS}/seeds/*.trace)
set(own ${CORPUS}/regressions/${NAME}.trace)
if(EXISTS ${own})
  set(programs ${own})
endif()
execute_process(COMMAND ${TOOL} replay --quiet ${programs}
  RESULT_VARIABLE code OUTPUT_VARIABLE said ERROR_VARIABLE said)
if(code EQUAL 0)
  message(FATAL_ERROR "${NAME}.patch changes nothing that a program of the corpus shows")
elseif(NOT code EQUAL 1)
  message(FATAL_ERROR "${NAME}: could not run the corpus:\n${said}")
endif()
file(TOUCH ${STAMP})
