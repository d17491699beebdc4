// SPDX-License-Identifier: Apache-2.0
// isource: a current of fixed size and angle from its second terminal, ground unless named, into
// its first. How its angles turn from phase to phase is said by sequence; scantype is for
// harmonics.
#include "session.hpp"

#include <gridflock/core/math.hpp>

namespace gridflock::inline v0::dss {

namespace {

struct CurrentSourceObject : ElementObject {
    double amps = 0, angle = 0;
    double frequency_hz = 0;  ///< 0 = that of the circuit
    int sequence = 1;
    bool has_bus2 = false;
};

using O = CurrentSourceObject;

void set_sequence(O& o, const Value& v, Session&) {
    const std::string w = lower(v.text);
    if (!w.empty())
        o.sequence = w[0] == 'n' || w[0] == '-' ? -1 : (w[0] == 'z' || w[0] == '0' ? 0 : 1);
}

void emit(const O& o, Build& build) {
    grid::CurrentSource out;
    out.name = o.name;
    out.at = o.at;
    out.phases = o.phases;
    out.angle_deg = o.angle;
    out.sequence = o.sequence;
    const double own = o.frequency_hz > 0 ? o.frequency_hz : o.base_frequency;
    // a source of another frequency is silent at this one
    if (math::abs(own - build.frequency_hz) < 1e-6) out.magnitude_a = o.amps;
    const auto n = static_cast<std::size_t>(o.phases);
    out.from = build.connect(o, 0, n);
    out.to = build.connect_second(o, o.has_bus2, out.from);
    build.circuit.current_sources.push_back(std::move(out));
}

}  // namespace

std::unique_ptr<ObjectClass> current_source_class() {
    std::vector<Property<O>> table = {{"bus1", set_terminal<O, 0>},
                                      {"amps", set_number<O, &O::amps>},
                                      {"angle", set_number<O, &O::angle>},
                                      {"frequency", set_number<O, &O::frequency_hz>},
                                      {"phases", set_integer<O, &O::phases>},
                                      {"scantype"},
                                      {"sequence", set_sequence},
                                      {"yearly"},
                                      {"daily"},
                                      {"duty"},
                                      {"bus2", [](O& o, const Value& v, Session&) {
                                           o.set_bus(1, lower(v.text));
                                           o.has_bus2 = true;
                                       }}};
    Hooks<O> hooks;
    hooks.emit = emit;
    return std::make_unique<TableClass<O>>("isource", with_common(std::move(table), false), hooks);
}

}  // namespace gridflock::inline v0::dss
