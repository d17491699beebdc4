# SPDX-License-Identifier: Apache-2.0
# cmake -DNM=<nm> -DLIBRARY=<libgridflock.so> -P exports.cmake: the library exports something, and
# nothing but gridflock.
execute_process(COMMAND "${NM}" -D --defined-only "${LIBRARY}" RESULT_VARIABLE failed
  OUTPUT_VARIABLE text)
if(failed)
  message(FATAL_ERROR "nm failed on ${LIBRARY}")
endif()
string(REGEX MATCHALL "[^\n]+" lines "${text}")
set(foreign "")
foreach(line IN LISTS lines)
  if(NOT line MATCHES " _Z(T[ISVT]|Thn?[0-9]+_)?NK?9gridflock")
    string(APPEND foreign "${line}\n")
  endif()
endforeach()
list(LENGTH lines count)
if(count EQUAL 0)
  message(FATAL_ERROR "${LIBRARY} exports nothing")
endif()
if(foreign)
  message(FATAL_ERROR "exported, but not gridflock's:\n${foreign}")
endif()
message(STATUS "${count} names exported, all gridflock's")
