# SPDX-License-Identifier: Apache-2.0
# version.hpp, and the hash of the commit that is being built. The header holds only what changes
# with a release; the hash is one generated line inside src/core/version.cpp, looked up at every
# build, so that a commit recompiles one file.
configure_file("${PROJECT_SOURCE_DIR}/include/gridflock/version.hpp.in"
               "${PROJECT_BINARY_DIR}/generated/gridflock/version.hpp" @ONLY)

set(gridflock_git_hash_file "${PROJECT_BINARY_DIR}/generated/git_hash.inc")
set(gridflock_git_hash_command
  "${CMAKE_COMMAND}" -DSOURCE=${PROJECT_SOURCE_DIR} -DOUT=${gridflock_git_hash_file}
  -P "${PROJECT_SOURCE_DIR}/cmake/git_hash.cmake")
execute_process(COMMAND ${gridflock_git_hash_command})
add_custom_target(gridflock_git_hash COMMAND ${gridflock_git_hash_command}
  BYPRODUCTS "${gridflock_git_hash_file}" COMMENT "" VERBATIM)
