// SPDX-License-Identifier: Apache-2.0
#include <gridflock/core/error.hpp>
#include <gridflock/core/instruction_set.hpp>

#include <test.hpp>

#include <cstdlib>
#include <string>

using namespace gridflock;

TEST_CASE("instruction set: the environment can ask for a narrower one, and for no unknown one") {
    const char* name = "GRIDFLOCK_INSTRUCTIONS";
    const char* was = std::getenv(name);
    const std::string before = was ? was : "";
    setenv(name, "portable", 1);
    CHECK(best_instruction_set() == InstructionSet::portable);
    setenv(name, "avx3", 1);
    CHECK_THROWS_AS(best_instruction_set(), Error);
    setenv(name, "", 1);
    CHECK(is_available(best_instruction_set()));
    setenv(name, before.c_str(), 1);
}
