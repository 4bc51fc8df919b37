# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# Files of a kernel tree, a folder or a .tar.xz, for the projects that build a part of one (tree/,
# peers/iommufd/tree/).

# tidemark_take_files(WHAT FOLDER FILE...): the target `files` has them, of TIDEMARK_LINUX_TREE, in
# FOLDER. WHAT they are, is for people.
function(tidemark_take_files what folder)
  set(files ${ARGN})
  list(TRANSFORM files PREPEND ${folder}/ OUTPUT_VARIABLE taken)
  if(IS_DIRECTORY ${TIDEMARK_LINUX_TREE})
    foreach(file IN LISTS files)
      add_custom_command(OUTPUT ${folder}/${file}
        COMMAND ${CMAKE_COMMAND} -E copy ${TIDEMARK_LINUX_TREE}/${file} ${folder}/${file}
        DEPENDS ${TIDEMARK_LINUX_TREE}/${file} COMMENT "Taking ${file}" VERBATIM)
    endforeach()
  else()
    list(TRANSFORM files PREPEND "*/" OUTPUT_VARIABLE members)
    add_custom_command(OUTPUT ${taken}
      COMMAND ${CMAKE_COMMAND} -E make_directory ${folder}
      COMMAND tar --extract --touch --wildcards --strip-components=1 --no-wildcards-match-slash
        --file ${TIDEMARK_LINUX_TREE} --directory ${folder} ${members}
      DEPENDS ${TIDEMARK_LINUX_TREE} COMMENT "Unpacking ${what}" VERBATIM)
  endif()
  add_custom_target(files DEPENDS ${taken})
endfunction()
