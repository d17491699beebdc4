// SPDX-License-Identifier: Apache-2.0
// An exception thrown inside the library is caught by its type outside of it, and header and
// library are of one release.
#include <gridflock/core/error.hpp>
#include <gridflock/core/zone.hpp>
#include <gridflock/io/scenario_file.hpp>
#include <gridflock/version.hpp>

#include <iostream>

namespace gf = gridflock;

int main() {
    if (gf::linked_version() != gf::version_string || gf::git_hash().empty()) {
        std::cerr << "header " << gf::version_string << ", library " << gf::linked_version()
                  << '\n';
        return 1;
    }
    int caught = 0;
    try {
        gf::Zone::find("Nowhere/Atlantis");
    } catch (const gf::Error&) {
        ++caught;
    }
    try {
        gf::io::load_scenario("nowhere.toml");
    } catch (const gf::IoError& e) {
        caught += e.path().find("nowhere.toml") != std::string::npos;
    }
    std::cout << "gridflock " << gf::linked_version() << " (" << gf::git_hash() << "): " << caught
              << " of 2 errors caught\n";
    return caught == 2 ? 0 : 1;
}
