# SPDX-License-Identifier: Apache-2.0
# cmake -DSOURCE=<tree> -DOUT=<file> -P git_hash.cmake: writes the commit as a C++ string literal,
# "-dirty" appended when tracked files differ from it, "unknown" outside a repository. An unchanged
# file is left alone.
set(hash "unknown")
find_program(GIT git)
if(GIT AND EXISTS "${SOURCE}/.git")
  execute_process(COMMAND "${GIT}" -C "${SOURCE}" rev-parse HEAD
    OUTPUT_VARIABLE head OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
  if(NOT failed)
    set(hash "${head}")
    execute_process(COMMAND "${GIT}" -C "${SOURCE}" --no-optional-locks status --porcelain
      --untracked-files=no OUTPUT_VARIABLE changes ERROR_QUIET)
    if(changes)
      string(APPEND hash "-dirty")
    endif()
  endif()
endif()
set(text "\"${hash}\"\n")
set(old "")
if(EXISTS "${OUT}")
  file(READ "${OUT}" old)
endif()
if(NOT text STREQUAL old)
  file(WRITE "${OUT}" "${text}")
endif()
