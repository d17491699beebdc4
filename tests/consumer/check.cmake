# SPDX-License-Identifier: Apache-2.0
# cmake -DBUILD=<build tree> -DSOURCE=<this folder> -DCXX=<compiler> -DFLAGS=<flags> -P check.cmake
# Installs gridflock into a scratch folder outside the tree, builds the consumer against it, runs it.
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE failed OUTPUT_VARIABLE text ERROR_VARIABLE text)
  if(failed)
    message(FATAL_ERROR "${ARGN}\n${text}")
  endif()
  set(text "${text}" PARENT_SCOPE)
endfunction()

run(mktemp -d)
string(STRIP "${text}" scratch)
run("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${scratch}/prefix" --component library)
run("${CMAKE_COMMAND}" -G Ninja -S "${SOURCE}" -B "${scratch}/build" "-DCMAKE_CXX_COMPILER=${CXX}"
    "-DCMAKE_CXX_FLAGS=${FLAGS}" "-DCMAKE_PREFIX_PATH=${scratch}/prefix")
run("${CMAKE_COMMAND}" --build "${scratch}/build")
run("${scratch}/build/app")
message(STATUS "${text}")
file(REMOVE_RECURSE "${scratch}")
