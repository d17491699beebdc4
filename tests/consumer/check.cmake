# SPDX-License-Identifier: Apache-2.0
# cmake -DBUILD=<build tree> -DROOT=<repository> -DCXX=<compiler> -DFLAGS=<flags> -P check.cmake
# Installs gridflock into a scratch folder outside the tree, builds two programs against it (one of
# them examples/cpp/evening.cpp) and runs them on the installed data.
function(run)
  cmake_parse_arguments(RUN "" "IN" "" ${ARGN})
  if(NOT RUN_IN)
    set(RUN_IN /)
  endif()
  execute_process(COMMAND ${RUN_UNPARSED_ARGUMENTS} WORKING_DIRECTORY "${RUN_IN}"
    RESULT_VARIABLE failed OUTPUT_VARIABLE text ERROR_VARIABLE text)
  if(failed)
    message(FATAL_ERROR "${RUN_UNPARSED_ARGUMENTS}\n${text}")
  endif()
  set(text "${text}" PARENT_SCOPE)
endfunction()

run(mktemp -d)
string(STRIP "${text}" scratch)
foreach(component library data)
  run("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${scratch}/prefix" --component ${component})
endforeach()
file(COPY "${ROOT}/tests/consumer/CMakeLists.txt" "${ROOT}/tests/consumer/errors.cpp"
          "${ROOT}/examples/cpp/evening.cpp" DESTINATION "${scratch}/source")
run("${CMAKE_COMMAND}" -G Ninja -S "${scratch}/source" -B "${scratch}/build"
    "-DCMAKE_CXX_COMPILER=${CXX}" "-DCMAKE_CXX_FLAGS=${FLAGS}"
    "-DCMAKE_PREFIX_PATH=${scratch}/prefix")
run("${CMAKE_COMMAND}" --build "${scratch}/build")
run("${scratch}/build/errors")
message(STATUS "${text}")

file(COPY_FILE "${scratch}/prefix/share/gridflock/scenarios/suburb/suburb.toml"
               "${scratch}/evening.toml")
run("${scratch}/build/evening" IN "${scratch}")
if(NOT text MATCHES "^[1-9][0-9]+(\\.[0-9]+)? kW")
  message(FATAL_ERROR "the evening program printed: ${text}")
endif()
message(STATUS "evening: ${text}")
file(REMOVE_RECURSE "${scratch}")
