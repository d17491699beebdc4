// SPDX-License-Identifier: Apache-2.0
// growthshape: multipliers of loads from year to year.
#include "growth_object.hpp"

#include <algorithm>

namespace gridflock::inline v0::dss {

namespace {

using O = GrowthObject;

template <std::vector<double> O::*Member>
void set_values(O& o, const Value& v, Session& s) {
    o.*Member = s.numbers(v);
}

void set_file(O& o, const Value& v, Session& s) {
    const std::vector<double> cells = s.numbers({"(file=" + v.text + ")", true});
    const std::vector<double> second = s.numbers({"(file=" + v.text + " column=2)", true});
    o.years = cells;
    o.multipliers = second;
}

}  // namespace

double GrowthObject::at(int year) const {
    std::size_t n = std::min(years.size(), multipliers.size());
    if (points > 0) n = std::min(n, static_cast<std::size_t>(points));
    if (n == 0) return 1;
    const auto first = static_cast<int>(math::floor(years[0] + 0.5));
    double growth = 1;
    std::size_t k = 0;
    for (int y = first; y < year; ++y) {
        // the first multiplier counts from the year after the first one on
        if (y > first && k + 1 < n && years[k + 1] == y) ++k;
        growth *= multipliers[k];
    }
    return growth;
}

std::unique_ptr<ObjectClass> growth_class() {
    std::vector<Property<O>> table = {{"npts", set_integer<O, &O::points>},
                                      {"year", set_values<&O::years>},
                                      {"mult", set_values<&O::multipliers>},
                                      {"csvfile", set_file},
                                      {"sngfile"},
                                      {"dblfile"}};
    return std::make_unique<TableClass<O>>("growthshape", std::move(table), Hooks<O>{});
}

}  // namespace gridflock::inline v0::dss
