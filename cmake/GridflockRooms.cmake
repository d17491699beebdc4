# SPDX-License-Identifier: Apache-2.0
# A room is include/gridflock/<room> and src/<room>, built as one static archive; the product is one
# shared library made of all of them. Rooms appear when they have something in them.
# (-Wrestrict and -Wmaybe-uninitialized report false positives inside GCC 12's own std::string, as do
# -Wstringop-overflow, -Wstringop-overread and -Warray-bounds when it comes precompiled; the preset
# dev has these three.)
# Same bits everywhere: no contraction, no fast-math; errno and traps are not used.
add_library(gridflock_flags INTERFACE)
set(precompiled_gnu "$<AND:$<CXX_COMPILER_ID:GNU>,$<BOOL:${GRIDFLOCK_PRECOMPILE}>>")
target_compile_options(gridflock_flags INTERFACE
  -Wall -Wextra -Wconversion $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict> $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>
  $<${precompiled_gnu}:-Wno-stringop-overflow> $<${precompiled_gnu}:-Wno-array-bounds>
  $<${precompiled_gnu}:-Wno-stringop-overread>
  -ffp-contract=off -fno-math-errno -fno-trapping-math
  $<$<BOOL:${GRIDFLOCK_WERROR}>:-Werror>)
target_include_directories(gridflock_flags INTERFACE
  "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>"
  "$<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/generated>")
target_compile_features(gridflock_flags INTERFACE cxx_std_20)

# Precompiled headers of `target`: the given ones, or those of the target REUSE_FROM.
function(gridflock_precompile target)
  if(NOT GRIDFLOCK_PRECOMPILE)
    return()
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${target} PRIVATE -fpch-preprocess)
  else()
    target_compile_options(${target} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
  endif()
  target_precompile_headers(${target} ${ARGN})
endfunction()

define_property(GLOBAL PROPERTY gridflock_rooms BRIEF_DOCS "rooms that have code")
define_property(GLOBAL PROPERTY gridflock_private_libs BRIEF_DOCS "third parties of the rooms")

function(gridflock_room name)
  cmake_parse_arguments(ROOM "COLD" "" "USES;PRIVATE_LIBS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/${name}/*.cpp")
  file(GLOB headers CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/include/gridflock/${name}/*.hpp")
  if(NOT sources AND NOT headers)
    return()
  endif()
  # Kernels of one instruction set, chosen at run time; contraction stays off, so bits are equal.
  foreach(source IN LISTS sources)
    if(source MATCHES "_avx2\\.cpp$")
      set_source_files_properties("${source}" PROPERTIES COMPILE_OPTIONS "-mavx2"
        SKIP_PRECOMPILE_HEADERS ON)
    elseif(source MATCHES "_avx512\\.cpp$")
      set_source_files_properties("${source}" PROPERTIES COMPILE_OPTIONS
        "-mavx512f;-mavx512dq;-mavx512vl;-mprefer-vector-width=512" SKIP_PRECOMPILE_HEADERS ON)
    endif()
  endforeach()
  if(sources)
    add_library(gridflock_${name} STATIC ${sources})
    set(scope PUBLIC)
    target_link_libraries(gridflock_${name} PRIVATE fmt::fmt ${ROOM_PRIVATE_LIBS})
    target_include_directories(gridflock_${name} PRIVATE "${PROJECT_SOURCE_DIR}/src")
    # One precompiled header for all rooms of the same options; core has options of its own (date).
    set(owner gridflock_des)
    # Where no loop is hot an optimiser only takes time, the more with sanitizers; a fuzzer lives on it.
    if(ROOM_COLD AND CMAKE_BUILD_TYPE STREQUAL Debug AND NOT GRIDFLOCK_FUZZ)
      target_compile_options(gridflock_${name} PRIVATE -O0)
      set(owner gridflock_record)
    endif()
    if(owner STREQUAL "gridflock_${name}")
      gridflock_precompile(${owner} PRIVATE "${PROJECT_SOURCE_DIR}/src/precompiled.hpp")
    elseif(TARGET ${owner})
      gridflock_precompile(gridflock_${name} REUSE_FROM ${owner})
    endif()
    set_property(GLOBAL APPEND PROPERTY gridflock_rooms gridflock_${name})
    set_property(GLOBAL APPEND PROPERTY gridflock_private_libs ${ROOM_PRIVATE_LIBS})
  else()
    add_library(gridflock_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_link_libraries(gridflock_${name} ${scope} gridflock_flags)
  foreach(room IN LISTS ROOM_USES)
    if(TARGET gridflock_${room})
      target_link_libraries(gridflock_${name} ${scope} gridflock_${room})
    endif()
  endforeach()
endfunction()

# The product: libgridflock, all rooms whole, nothing of third parties in its interface. What it
# exports is decided by cmake/exports.map alone.
function(gridflock_library)
  get_property(rooms GLOBAL PROPERTY gridflock_rooms)
  get_property(libs GLOBAL PROPERTY gridflock_private_libs)
  list(REMOVE_DUPLICATES libs)
  set(anchor "${PROJECT_BINARY_DIR}/generated/gridflock.cpp")
  if(NOT EXISTS "${anchor}")
    file(WRITE "${anchor}" "// all code is in the rooms\n")
  endif()
  set(exports "${PROJECT_SOURCE_DIR}/cmake/exports.map")
  add_library(gridflock SHARED "${anchor}")
  add_library(gridflock::gridflock ALIAS gridflock)
  set(archives "")
  foreach(room IN LISTS rooms)
    list(APPEND archives "$<TARGET_FILE:${room}>")
    target_link_options(gridflock PRIVATE
      "LINKER:--whole-archive,$<TARGET_FILE:${room}>,--no-whole-archive")
    add_dependencies(gridflock ${room})
  endforeach()
  target_link_options(gridflock PRIVATE "LINKER:--version-script=${exports}"
    "LINKER:-Bsymbolic-functions")
  set_property(TARGET gridflock PROPERTY LINK_DEPENDS ${archives} "${exports}")
  # BUILD_INTERFACE: a program that uses the installed library need not find these packages.
  foreach(lib IN LISTS libs ITEMS fmt::fmt)
    target_link_libraries(gridflock PRIVATE "$<BUILD_INTERFACE:${lib}>")
  endforeach()
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/include/gridflock/*.hpp")
  target_sources(gridflock PUBLIC FILE_SET HEADERS
    BASE_DIRS "${PROJECT_SOURCE_DIR}/include" "${PROJECT_BINARY_DIR}/generated"
    FILES ${headers} "${PROJECT_BINARY_DIR}/generated/gridflock/version.hpp")
  target_compile_features(gridflock PUBLIC cxx_std_20)
  if(NOT SKBUILD)  # a wheel keeps no symbolic links
    set_target_properties(gridflock PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION 0)
  endif()
endfunction()
