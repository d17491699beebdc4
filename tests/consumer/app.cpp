// SPDX-License-Identifier: Apache-2.0
#include <gridflock/core/error.hpp>
#include <gridflock/version.hpp>

#include <iostream>

namespace gf = gridflock;

// An exception thrown inside the library is caught by its type outside of it.
int main() {
    if (gf::linked_version() != gf::version_string) {
        std::cerr << "header " << gf::version_string << ", library " << gf::linked_version() << '\n';
        return 1;
    }
    try {
        throw gf::IoError("nowhere.toml", "no such file");
    } catch (const gf::Error& e) {
        std::cout << "gridflock " << gf::linked_version() << " (" << gf::git_hash()
                  << "): " << e.what() << '\n';
        return 0;
    }
}
