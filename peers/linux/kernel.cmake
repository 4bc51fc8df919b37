# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# A kernel around a driver of VFIO: which of its files are Linux's, and how they are compiled. For
# the versions of Debian's packages (CMakeLists.txt) and for any other tree (tree/).

# The only files of the kernel that are ever unpacked, and so the only ones that
# an include can find.
set(tidemark_linux_headers
  drivers/vfio/vfio.h include/linux/bitmap.h include/linux/find.h include/linux/list.h
  include/linux/rbtree.h include/linux/rbtree_augmented.h include/linux/rbtree_types.h
  include/linux/vfio.h include/uapi/linux/vfio.h)
set(tidemark_linux_library lib/bitmap.c lib/rbtree.c)
set(tidemark_linux_type1 drivers/vfio/vfio_iommu_type1.c)

set(tidemark_linux_peer ${CMAKE_CURRENT_LIST_DIR})

# After tidemark_flags. The kernel's arithmetic wraps; what ends a call is thrown
# through its frames; x86 reads at any address, and 6.1 does, in GET_INFO.
add_library(tidemark_linux_flags INTERFACE)
target_compile_options(tidemark_linux_flags INTERFACE
  -fwrapv -fno-strict-aliasing -fno-delete-null-pointer-checks -fexceptions
  -fno-sanitize=alignment $<$<C_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)

# tidemark_kernel_objects(NAME VERSION FOLDER SOURCE...): the objects tidemark_NAME of a kernel of that
# version around a driver, whose files are in FOLDER and come with the target tidemark_NAME_files.
# SOURCES are the driver and what drives it. `NAME`, a struct linux_type1, is for others to see.
function(tidemark_kernel_objects name version folder)
  set(peer ${tidemark_linux_peer})
  list(TRANSFORM tidemark_linux_library PREPEND ${folder}/ OUTPUT_VARIABLE library_files)
  add_library(tidemark_${name} OBJECT ${ARGN} ${library_files}
    ${peer}/kernel/kernel.c ${peer}/kernel/processes.c ${peer}/kernel/iommu.c
    ${peer}/fakes/noop/find_bit.c)
  set_target_properties(tidemark_${name} PROPERTIES C_EXTENSIONS ON)
  target_link_libraries(tidemark_${name} PRIVATE tidemark_flags tidemark_linux_flags)
  string(REGEX REPLACE "\\.(.)$" "0\\1" number ${version})
  string(REPLACE . "" number ${number})
  target_compile_definitions(tidemark_${name} PRIVATE
    LINUX_VERSION=${number} LINUX_PEER_NAME=${name} LINUX_PEER_VERSION="${version}")
  if(TIDEMARK_COVERAGE)
    # Else what is found as a system header, which type1 is, counts for nothing.
    target_compile_options(tidemark_${name} PRIVATE "SHELL:-mllvm -system-headers-coverage")
  endif()
  target_include_directories(tidemark_${name} PRIVATE
    ${peer}/fakes/instrumented ${peer}/fakes/noop ${peer}/fakes/faithful)
  target_include_directories(tidemark_${name} SYSTEM PRIVATE
    ${folder}/include ${folder} ${folder}/drivers/vfio)
  set_source_files_properties(${library_files} PROPERTIES COMPILE_OPTIONS "-w")
  set_source_files_properties(${folder}/lib/bitmap.c PROPERTIES
    COMPILE_OPTIONS "-w;-include;${peer}/fakes/noop/bitmap_unused.h")
endfunction()
