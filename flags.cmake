# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# tidemark_flags: what all that is built here is compiled and linked with, by the options
# TIDEMARK_SANITIZERS, TIDEMARK_FEEDBACK, TIDEMARK_COVERAGE and TIDEMARK_INSTRUMENT_ALL.

# Flags that every target gets; what a fuzzing service puts in CFLAGS comes on top.
add_library(tidemark_flags INTERFACE)
target_compile_options(tidemark_flags INTERFACE
  -Wall -Wextra -Wshadow -fno-omit-frame-pointer
  $<$<COMPILE_LANGUAGE:CXX>:-Wconversion>)
function(tidemark_instrument)
  if(TIDEMARK_INSTRUMENT_ALL)
    target_compile_options(tidemark_flags INTERFACE ${ARGN})
  else()
    target_compile_options(tidemark_flags INTERFACE "$<$<COMPILE_LANGUAGE:C>:${ARGN}>")
  endif()
endfunction()
if(TIDEMARK_SANITIZERS)
  tidemark_instrument(-fsanitize=${TIDEMARK_SANITIZERS} -fno-sanitize-recover=all)
  target_link_options(tidemark_flags INTERFACE -fsanitize=${TIDEMARK_SANITIZERS})
  # What a tracker never wrote is then no 0 by chance: stack bytes that reach the user show
  # (N2). On the heap AddressSanitizer does the same.
  target_compile_options(tidemark_flags INTERFACE
    $<$<COMPILE_LANGUAGE:C>:-ftrivial-auto-var-init=pattern>)
endif()
if(TIDEMARK_COVERAGE)
  set(counts_what_runs -fprofile-instr-generate -fcoverage-mapping)
  tidemark_instrument(${counts_what_runs})
  target_link_options(tidemark_flags INTERFACE -fprofile-instr-generate)
endif()
if(TIDEMARK_FEEDBACK)
  tidemark_instrument(-fsanitize=fuzzer-no-link)
endif()
