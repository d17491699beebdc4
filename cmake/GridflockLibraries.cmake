# SPDX-License-Identifier: Apache-2.0
# The libraries of others. GRIDFLOCK_STATIC puts HDF5, libsodium and libdeflate into libgridflock (as
# the wheel has them): nothing of them can then be seen by, or taken from, another HDF5 in the
# process, and HDF5 brings none of Debian's network libraries along.
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

add_library(gridflock_hdf5 INTERFACE)
add_library(gridflock_sodium INTERFACE)
add_library(gridflock_deflate INTERFACE)
if(NOT GRIDFLOCK_STATIC)
  target_link_libraries(gridflock_hdf5 INTERFACE PkgConfig::hdf5)
  target_link_libraries(gridflock_sodium INTERFACE PkgConfig::sodium)
  target_link_libraries(gridflock_deflate INTERFACE PkgConfig::deflate)
  return()
endif()

function(gridflock_archive variable name)
  find_library(${variable} "lib${name}.a" HINTS ${ARGN} REQUIRED)
endfunction()
gridflock_archive(GRIDFLOCK_HDF5_ARCHIVE hdf5 ${hdf5_LIBRARY_DIRS})
gridflock_archive(GRIDFLOCK_SODIUM_ARCHIVE sodium ${sodium_LIBRARY_DIRS})
gridflock_archive(GRIDFLOCK_DEFLATE_ARCHIVE deflate ${deflate_LIBRARY_DIRS})
gridflock_archive(GRIDFLOCK_SZ_ARCHIVE sz)
gridflock_archive(GRIDFLOCK_AEC_ARCHIVE aec)

set(hdf5_copy "${PROJECT_BINARY_DIR}/static/libhdf5.a")
if("${GRIDFLOCK_HDF5_ARCHIVE}" IS_NEWER_THAN "${hdf5_copy}")
  file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/static")
  execute_process(COMMAND "${CMAKE_OBJCOPY}" --redefine-sym stderr=gridflock_hdf5_stderr
    --redefine-sym stdout=gridflock_hdf5_stdout "${GRIDFLOCK_HDF5_ARCHIVE}" "${hdf5_copy}"
    COMMAND_ERROR_IS_FATAL ANY)
endif()
add_library(gridflock_hdf5_streams STATIC "${PROJECT_SOURCE_DIR}/cmake/static/hdf5_streams.cpp")
target_include_directories(gridflock_hdf5 SYSTEM INTERFACE ${hdf5_INCLUDE_DIRS})
target_link_libraries(gridflock_hdf5 INTERFACE "${hdf5_copy}" gridflock_hdf5_streams
  "${GRIDFLOCK_SZ_ARCHIVE}" "${GRIDFLOCK_AEC_ARCHIVE}" z m dl)
target_link_libraries(gridflock_sodium INTERFACE "${GRIDFLOCK_SODIUM_ARCHIVE}")
target_link_libraries(gridflock_deflate INTERFACE "${GRIDFLOCK_DEFLATE_ARCHIVE}")
