# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# For find_package(tidemark): the targets tidemark::impl, tidemark::reference and
# tidemark::harness, and what these need.
include(CMakeFindDependencyMacro)
find_dependency(Threads)
find_dependency(Boost)
find_dependency(nlohmann_json)
include(${CMAKE_CURRENT_LIST_DIR}/tidemarkTargets.cmake)
# Wherever they are; the headers of the reference include Boost's.
target_link_libraries(tidemark::reference INTERFACE Boost::headers)
