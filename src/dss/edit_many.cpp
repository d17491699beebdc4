// SPDX-License-Identifier: Apache-2.0
// `batchedit class.pattern ...`: the rest of the line for every object whose name the pattern, a
// regular expression, is found in.
#include "pattern.hpp"
#include "registry.hpp"

namespace gridflock::inline v0::dss {

void Session::edit_many(Tokens& tokens) {
    const auto [kind, text] = class_and_name(tokens);
    if (!class_of(kind)) return missing(kind, text);
    const Pattern pattern(text);
    if (!pattern.wrong().empty())
        return fault("'" + text + "'", "must be a regular expression: " + pattern.wrong(),
                     "write e.g. load..*");
    const std::string rest(tokens.rest());
    for (std::size_t i = 0; i < objects_.size(); ++i) {
        Object& object = *objects_[i];
        if (object.class_name != kind || !pattern.is_in(object.name)) continue;
        Tokens again(rest);
        edit_object(object, again);
    }
}

}  // namespace gridflock::inline v0::dss
