// SPDX-License-Identifier: Apache-2.0
// loadshape. In a snapshot only a shape of actual values counts: a load takes the peak from it.
#include "load_object.hpp"

#include <gridflock/core/math.hpp>

#include <algorithm>
#include <fstream>

namespace gridflock::inline v0::dss {

namespace {

using O = ShapeObject;

/// Column `column` of a text file of numbers, commas or blanks between.
std::vector<double> read_column(const std::filesystem::path& file, std::size_t column) {
    std::vector<double> out;
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
        std::replace(line.begin(), line.end(), ',', ' ');
        const char* at = line.c_str();
        for (std::size_t c = 0; c <= column; ++c) {
            char* end = nullptr;
            const double v = std::strtod(at, &end);
            if (end == at) break;
            if (c == column) out.push_back(v);
            at = end;
        }
    }
    return out;
}

template <class T>
std::vector<double> read_binary(const std::filesystem::path& file) {
    std::vector<double> out;
    std::ifstream in(file, std::ios::binary);
    for (T v; in.read(reinterpret_cast<char*>(&v), sizeof v);)
        out.push_back(static_cast<double>(v));
    return out;
}

/// The values as they are; a fault for the first that is no finite number.
std::vector<double> checked(std::vector<double> values, const std::filesystem::path& file,
                            Session& s) {
    for (std::size_t i = 0; i < values.size(); ++i)
        if (!(values[i] - values[i] == 0)) {
            s.fault("value " + std::to_string(i + 1) + " of " + file.filename().string(),
                    "must be a finite number", "mend the file of the shape");
            return {};
        }
    return values;
}

/// An array in place, or (file=..), (dblfile=..), (sngfile=..).
std::vector<double> series(const Value& v, Session& s) {
    Tokens tokens(v.text);
    Parameter first;
    if (!tokens.next(first) || first.name.find("file") == std::string::npos) return s.numbers(v);
    const auto file = s.resolve(first.value);
    if (file.empty()) {
        s.warn_once("shape file " + first.value, "'" + first.value + "'", "no such file",
                    "the shape stays empty");
        return {};
    }
    s.files.push_back(file);
    if (first.name[0] == 'd') return checked(read_binary<double>(file), file, s);
    if (first.name[0] == 's') return checked(read_binary<float>(file), file, s);
    std::size_t column = 0;
    for (Parameter p; tokens.next(p);)
        if (p.name.rfind("col", 0) == 0)
            column = static_cast<std::size_t>(std::max(0, s.integer({p.value, false}) - 1));
    return checked(read_column(file, column), file, s);
}

template <std::vector<double> O::*Member>
void set_series(O& o, const Value& v, Session& s) {
    o.*Member = series(v, s);
}

}  // namespace

namespace {

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
        {"csvfile"},
        {"sngfile"},
        {"dblfile"},
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
        {"pqcsvfile"},
        {"memorymapping"},
        {"interpolation"}};
    return std::make_unique<TableClass<O>>("loadshape", std::move(table), Hooks<O>{});
}

}  // namespace gridflock::inline v0::dss
