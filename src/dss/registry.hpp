// SPDX-License-Identifier: Apache-2.0
// The classes a session knows, and the words of the language.
#pragma once

#include "session.hpp"

namespace gridflock::inline v0::dss {

struct Session::Registry {
    std::vector<std::unique_ptr<ObjectClass>> classes;
    std::map<const ObjectClass*, std::vector<std::string>> words;  ///< properties, then like
};

const std::vector<std::string>& command_names();
const std::vector<std::string>& option_names();
/// Position of the word among names: equal, else the first that begins with it, else -1.
int match(std::string_view word, const std::vector<std::string>& names);

}  // namespace gridflock::inline v0::dss
