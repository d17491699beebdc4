// SPDX-License-Identifier: Apache-2.0
// energymeter: it measures; only the command allocateloads asks it for its peak currents.
#include "meter_object.hpp"

namespace gridflock::inline v0::dss {

namespace {

using O = MeterObject;

void set_element(O& o, const Value& v, Session&) {
    o.element = lower(v.text);
    if (o.element.find('.') == std::string::npos) o.element = "line." + o.element;
}

}  // namespace

std::unique_ptr<ObjectClass> meter_class() {
    std::vector<Property<O>> table = {
        {"element", set_element},
        {"terminal", set_integer<O, &O::terminal>},
        {"action"},
        {"option"},
        {"kvanormal"},
        {"kvaemerg"},
        {"peakcurrent", [](O& o, const Value& v, Session& s) { o.peak_a = s.numbers(v); }}};
    for (const char* name :
         {"zonelist", "localonly", "mask", "losses", "linelosses", "xfmrlosses", "seqlosses",
          "3phaselosses", "vbaselosses", "phasevoltagereport", "int_rate", "int_duration", "saifi",
          "saifikw", "saidi", "caidi", "custinterrupts"})
        table.push_back({name});
    table.push_back(
        {"basefreq", [](O& o, const Value& v, Session& s) { o.base_frequency = s.number(v); }});
    table.push_back(
        {"enabled", [](O& o, const Value& v, Session& s) { o.enabled = s.boolean(v); }});
    Hooks<O> hooks;
    hooks.finish = [](O& o, Session& s) { s.ignored(o, "it measures and changes nothing"); };
    return std::make_unique<TableClass<O>>("energymeter", std::move(table), hooks);
}

}  // namespace gridflock::inline v0::dss
