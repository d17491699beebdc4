// SPDX-License-Identifier: Apache-2.0
// Debian's libhdf5.a is position-independent but for the way it reads the C library's `stderr` and
// `stdout`; GridflockLibraries.cmake renames the two in a copy of it, to these.
#include <cstdio>

extern "C" {
__attribute__((visibility("hidden"))) std::FILE* gridflock_hdf5_stderr = stderr;
__attribute__((visibility("hidden"))) std::FILE* gridflock_hdf5_stdout = stdout;
}
