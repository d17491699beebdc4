// SPDX-License-Identifier: Apache-2.0
// loadshape. In a snapshot only a shape of actual values counts: a load takes the peak from it.
#include "load_object.hpp"

#include <gridflock/core/math.hpp>

#include <algorithm>

namespace gridflock::inline v0::dss {

namespace {

using O = ShapeObject;

template <std::vector<double> O::*Member>
void set_series(O& o, const Value& v, Session& s) {
    o.*Member = s.numbers(v);
}

/// A file named by a property of its own: csvfile, sngfile, dblfile, pqcsvfile. With interval=0 the
/// hours stand before the values.
template <class Read>
void set_file(O& o, const Value& v, Session& s, Read read) {
    const auto file = s.resolve(v.text);
    if (file.empty()) return s.no_such_file(v.text);
    read(file, o.interval_h == 0 ? std::size_t(1) : std::size_t(0));
}

void set_csv(O& o, const Value& v, Session& s) {
    set_file(o, v, s, [&](const auto& file, std::size_t skip) {
        o.p = s.text_column(file, 1 + skip, false);
    });
}

void set_csv_pair(O& o, const Value& v, Session& s) {
    set_file(o, v, s, [&](const auto& file, std::size_t skip) {
        o.p = s.text_column(file, 1 + skip, false);
        o.q = s.text_column(file, 2 + skip, false);
    });
}

template <bool IsDouble>
void set_binary(O& o, const Value& v, Session& s) {
    set_file(o, v, s, [&](const auto& file, std::size_t skip) {
        const std::vector<double> values = s.binary_numbers(file, IsDouble);
        o.p.clear();
        for (std::size_t i = skip; i < values.size(); i += 1 + skip) o.p.push_back(values[i]);
    });
}

/// Place of the largest value by size among the points that count.
std::size_t peak(const ShapeObject& shape) {
    const std::size_t stated = static_cast<std::size_t>(shape.points);
    const std::size_t n = stated > 0 ? std::min(stated, shape.p.size()) : shape.p.size();
    std::size_t best = 0;
    for (std::size_t i = 1; i < n; ++i)
        if (math::abs(shape.p[i]) > math::abs(shape.p[best])) best = i;
    return best;
}

}  // namespace

double ShapeObject::max_p() const {
    return p.empty() ? 1 : p[peak(*this)];
}

double ShapeObject::max_q() const {
    if (p.empty()) return 0;
    const std::size_t at = peak(*this);
    return at < q.size() ? q[at] : 0;
}

std::unique_ptr<ObjectClass> shape_class() {
    std::vector<Property<O>> table = {
        {"npts", set_integer<O, &O::points>},
        {"interval", set_number<O, &O::interval_h>},
        {"mult", set_series<&O::p>},
        {"hour"},
        {"mean"},
        {"stddev"},
        {"csvfile", set_csv},
        {"sngfile", set_binary<false>},
        {"dblfile", set_binary<true>},
        {"action"},
        {"qmult", set_series<&O::q>},
        {"useactual", set_boolean<O, &O::use_actual>},
        {"pmax"},
        {"qmax"},
        {"sinterval", [](O& o, const Value& v, Session& s) { o.interval_h = s.number(v) / 3600; }},
        {"minterval", [](O& o, const Value& v, Session& s) { o.interval_h = s.number(v) / 60; }},
        {"pbase"},
        {"qbase"},
        {"pmult", set_series<&O::p>},
        {"pqcsvfile", set_csv_pair},
        {"memorymapping"},
        {"interpolation"}};
    return std::make_unique<TableClass<O>>("loadshape", std::move(table), Hooks<O>{});
}

}  // namespace gridflock::inline v0::dss
