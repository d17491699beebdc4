# SPDX-License-Identifier: Apache-2.0
# A room is include/gridflock/<room> and src/<room>, built as one static archive; the product is one
# shared library made of all of them. Rooms appear when they have something in them.
find_package(PkgConfig REQUIRED)
find_package(fmt REQUIRED)
find_package(date REQUIRED)
find_package(Eigen3 REQUIRED NO_MODULE)
find_package(Boost REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(nlohmann_json REQUIRED)
pkg_check_modules(hdf5 REQUIRED IMPORTED_TARGET hdf5)
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(deflate REQUIRED IMPORTED_TARGET libdeflate)
# Same bits everywhere: no contraction, no fast-math; errno and traps are not used.
add_library(gridflock_flags INTERFACE)
target_compile_options(gridflock_flags INTERFACE
  -Wall -Wextra -Wconversion -ffp-contract=off -fno-math-errno -fno-trapping-math
  $<$<BOOL:${GRIDFLOCK_WERROR}>:-Werror>)
target_include_directories(gridflock_flags INTERFACE
  "$<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include>")
target_compile_features(gridflock_flags INTERFACE cxx_std_20)

set_property(GLOBAL PROPERTY gridflock_rooms "")

function(gridflock_room name)
  cmake_parse_arguments(ROOM "" "" "USES;PRIVATE_LIBS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/src/${name}/*.cpp")
  file(GLOB headers CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/include/gridflock/${name}/*.hpp")
  if(NOT sources AND NOT headers)
    return()
  endif()
  if(sources)
    add_library(gridflock_${name} STATIC ${sources})
    set(scope PUBLIC)
    target_link_libraries(gridflock_${name} PRIVATE fmt::fmt ${ROOM_PRIVATE_LIBS})
    target_include_directories(gridflock_${name} PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}/src"
                                                         "${CMAKE_CURRENT_BINARY_DIR}/generated")
    set_property(GLOBAL APPEND PROPERTY gridflock_rooms gridflock_${name})
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

# The product: libgridflock, all rooms whole, nothing of third parties in its interface.
function(gridflock_library)
  get_property(rooms GLOBAL PROPERTY gridflock_rooms)
  file(WRITE "${CMAKE_CURRENT_BINARY_DIR}/gridflock.cpp" "// all code is in the rooms\n")
  add_library(gridflock SHARED "${CMAKE_CURRENT_BINARY_DIR}/gridflock.cpp")
  add_library(gridflock::gridflock ALIAS gridflock)
  target_link_libraries(gridflock PRIVATE "$<LINK_LIBRARY:WHOLE_ARCHIVE,${rooms}>")
  target_include_directories(gridflock PUBLIC
    "$<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include>" "$<INSTALL_INTERFACE:include>")
  target_compile_features(gridflock PUBLIC cxx_std_20)
  set_target_properties(gridflock PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION 0)
endfunction()
