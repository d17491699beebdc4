// SPDX-License-Identifier: Apache-2.0
// `batchedit class.pattern ...`: the rest of the line for every object whose name the pattern, a
// regular expression, is found in.
#include "registry.hpp"

#include <regex>

namespace gridflock::inline v0::dss {

void Session::edit_many(Tokens& tokens) {
    const auto [kind, pattern] = class_and_name(tokens);
    const std::string rest(tokens.rest());
    std::regex expression;
    try {
        expression.assign(pattern, std::regex::icase | std::regex::ECMAScript);
    } catch (const std::regex_error&) {
        return fault("'" + pattern + "'", "must be a regular expression", "write e.g. load..*");
    }
    for (std::size_t i = 0; i < objects_.size(); ++i) {
        Object& object = *objects_[i];
        if (object.class_name != kind || !std::regex_search(object.name, expression)) continue;
        Tokens again(rest);
        edit_object(object, again);
    }
}

}  // namespace gridflock::inline v0::dss
