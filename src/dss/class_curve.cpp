// SPDX-License-Identifier: Apache-2.0
// xycurve: pairs of numbers. The shifts and scales of its editor do not touch what other elements
// read from it.
#include "curve_object.hpp"

#include <gridflock/core/math.hpp>

#include <algorithm>

namespace gridflock::inline v0::dss {

namespace {

using O = CurveObject;

constexpr double same_x = 1e-5;  // nearer than this a point itself counts

double through(const O& o, std::size_t a, std::size_t b, double where) {
    const double run = o.x[b] - o.x[a];
    return run == 0 ? o.y[b] : o.y[a] + (where - o.x[a]) / run * (o.y[b] - o.y[a]);
}

template <std::vector<double> O::*Member>
void set_values(O& o, const Value& v, Session& s) {
    o.*Member = s.numbers(v);
}

void set_points(O& o, const std::vector<double>& pairs) {
    o.x.clear();
    o.y.clear();
    for (std::size_t i = 0; i + 1 < pairs.size(); i += 2) {
        o.x.push_back(pairs[i]);
        o.y.push_back(pairs[i + 1]);
    }
    o.points = static_cast<int>(o.x.size());
}

void set_pairs(O& o, const Value& v, Session& s) {
    set_points(o, s.numbers(v));
}

void set_file(O& o, const Value& v, Session& s) {
    set_pairs(o, {"(file=" + v.text + ")", true}, s);
}

template <bool IsDouble>
void set_binary(O& o, const Value& v, Session& s) {
    const auto file = s.resolve(v.text);
    if (file.empty()) return s.no_such_file(v.text);
    set_points(o, s.binary_numbers(file, IsDouble));
}

}  // namespace

double CurveObject::at(double where) const {
    std::size_t n = std::min(x.size(), y.size());
    if (points > 0) n = std::min(n, static_cast<std::size_t>(points));
    if (n == 0) return 0;
    if (n == 1) return y[0];
    for (std::size_t i = 1; i < n; ++i) {
        if (x[0] > where) break;
        if (math::abs(x[i] - where) < same_x) return y[i];
        if (x[i] > where) return through(*this, i - 1, i, where);
    }
    return x[0] > where ? through(*this, 1, 0, where) : through(*this, n - 2, n - 1, where);
}

std::unique_ptr<ObjectClass> curve_class() {
    std::vector<Property<O>> table = {{"npts", set_integer<O, &O::points>},
                                      {"points", set_pairs},
                                      {"yarray", set_values<&O::y>},
                                      {"xarray", set_values<&O::x>},
                                      {"csvfile", set_file},
                                      {"sngfile", set_binary<false>},
                                      {"dblfile", set_binary<true>},
                                      {"x"},
                                      {"y"},
                                      {"xshift"},
                                      {"yshift"},
                                      {"xscale"},
                                      {"yscale"}};
    return std::make_unique<TableClass<O>>("xycurve", std::move(table), Hooks<O>{});
}

}  // namespace gridflock::inline v0::dss
