# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# What `cmake --install` puts where, for find_package(tidemark): docs/package.md.
include(CMakePackageConfigHelpers)

# All that it has of libraries; the program is tidemark_cli.
add_custom_target(tidemark_libraries)

# tidemark_package(TARGET FOLDER [HEADER...]): the library is tidemark::NAME, with these
# headers in include/tidemark/FOLDER.
function(tidemark_package target folder)
  string(REGEX REPLACE "^tidemark_" "" name ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  target_include_directories(${target} INTERFACE
    $<INSTALL_INTERFACE:include/tidemark/${folder}>)
  install(TARGETS ${target} EXPORT tidemark
    ARCHIVE DESTINATION lib/tidemark COMPONENT libraries)
  install(FILES ${ARGN} DESTINATION include/tidemark/${folder} COMPONENT libraries)
  add_dependencies(tidemark_libraries ${target})
endfunction()

# Of the flags only what links a sanitized library gets to those who use it.
set_target_properties(tidemark_flags PROPERTIES EXPORT_NAME flags)
install(TARGETS tidemark_flags EXPORT tidemark)

set(folder lib/cmake/tidemark)
install(EXPORT tidemark NAMESPACE tidemark:: FILE tidemarkTargets.cmake
  DESTINATION ${folder} COMPONENT libraries)
# Nothing is promised from one version to the next.
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/tidemarkConfigVersion.cmake
  COMPATIBILITY ExactVersion)
install(FILES ${CMAKE_CURRENT_LIST_DIR}/tidemarkConfig.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/tidemarkConfigVersion.cmake
  DESTINATION ${folder} COMPONENT libraries)
