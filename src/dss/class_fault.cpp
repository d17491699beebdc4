// SPDX-License-Identifier: Apache-2.0
// fault: a small resistance from each phase to ground or to a second bus, there from the start.
#include "session.hpp"

namespace gridflock::inline v0::dss {

namespace {

struct FaultObject : ElementObject {
    double conductance = 1e4;
    std::vector<double> matrix;
    bool has_bus2 = false;
    double on_s = 0;

    FaultObject() { phases = 1; }
};

using O = FaultObject;

void emit(const O& o, Build& build) {
    if (o.on_s > 0) return;
    const auto n = static_cast<std::size_t>(o.phases);
    grid::Reactor out;
    out.name = o.name;
    out.at = o.at;
    out.phases = o.phases;
    out.y_s = grid::Matrix(n);
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j) {
            if (!o.matrix.empty())
                out.y_s(i, j) = o.matrix[i * n + j];
            else if (i == j)
                out.y_s(i, j) = o.conductance;
        }
    out.from = build.connect(o, 0, n);
    out.to = build.connect_second(o, o.has_bus2, out.from);
    build.circuit.reactors.push_back(std::move(out));
}

}  // namespace

std::unique_ptr<ObjectClass> fault_class() {
    std::vector<Property<O>> table = {{"bus1", set_terminal<O, 0>},
                                      {"bus2",
                                       [](O& o, const Value& v, Session&) {
                                           o.set_bus(1, lower(v.text));
                                           o.has_bus2 = true;
                                       }},
                                      {"phases", set_integer<O, &O::phases>},
                                      {"r",
                                       [](O& o, const Value& v, Session& s) {
                                           const double r = s.number(v);
                                           o.conductance = r != 0 ? 1 / r : 1e4;
                                           o.matrix.clear();
                                       }},
                                      {"%stddev"},
                                      {"gmatrix",
                                       [](O& o, const Value& v, Session& s) {
                                           o.matrix =
                                               s.symmetric(v, static_cast<std::size_t>(o.phases));
                                       }},
                                      {"ontime", set_number<O, &O::on_s>},
                                      {"temporary"},
                                      {"minamps"}};
    Hooks<O> hooks;
    hooks.emit = emit;
    return std::make_unique<TableClass<O>>("fault", with_common(std::move(table), true), hooks);
}

}  // namespace gridflock::inline v0::dss
