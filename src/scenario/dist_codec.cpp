// SPDX-License-Identifier: Apache-2.0
#include "scenario/codec.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace gridflock::inline v0::scenario {

namespace {

struct Part {
    const char* key;
    double Dist::*member;
};
struct LawText {
    const char* name;
    Dist::Law law;
    std::span<const Part> needs;
};

constexpr std::array uniform_parts{Part{"low", &Dist::low}, Part{"high", &Dist::high}};
constexpr std::array normal_parts{Part{"mean", &Dist::mean}, Part{"sd", &Dist::sd}};
constexpr std::array lognormal_parts{Part{"mean", &Dist::mean}, Part{"cv", &Dist::cv}};
constexpr std::array constant_parts{Part{"value", &Dist::value}};
constexpr std::array clip_parts{Part{"min", &Dist::min}, Part{"max", &Dist::max}};
constexpr std::array laws{LawText{"constant", Dist::Law::constant, constant_parts},
                          LawText{"uniform", Dist::Law::uniform, uniform_parts},
                          LawText{"normal", Dist::Law::normal, normal_parts},
                          LawText{"lognormal", Dist::Law::lognormal, lognormal_parts},
                          LawText{"discrete", Dist::Law::discrete, {}}};

double part_scale(const Part& part, double scale) {
    return part.member == &Dist::cv ? 1.0 : scale;
}

std::string law_keys(const LawText& law) {
    std::string s = "dist";
    for (const Part& p : law.needs) s += std::string(", ") + p.key;
    if (law.law == Dist::Law::discrete) s += ", values, p";
    return s + ", min, max";
}

std::vector<std::string> key_list(const LawText& law) {
    std::vector<std::string> keys{"dist", "min", "max"};
    for (const Part& p : law.needs) keys.emplace_back(p.key);
    if (law.law == Dist::Law::discrete) keys.insert(keys.end(), {"values", "p"});
    return keys;
}

bool read_part(const Value& table, const Part& part, const Field& f, const Reader& r,
               const std::string& path, Dist& d) {
    const Value* v = table.find(part.key);
    if (!v) return false;
    const std::string where = join_path(path, part.key);
    r.note(where, *v);
    if (v->is_number())
        d.*part.member = v->number() * part_scale(part, f.scale);
    else
        r.fault(where, *v, "must be a number");
    return true;
}

bool read_numbers(const Value& table, const char* key, double scale, const Reader& r,
                  const std::string& path, std::vector<double>& out) {
    const Value* v = table.find(key);
    if (!v) return false;
    const std::string where = join_path(path, key);
    r.note(where, *v);
    if (!v->is_array()) {
        r.fault(where, *v, "must be a list of numbers");
        return true;
    }
    out.clear();
    for (std::size_t i = 0; i < v->array().size(); ++i) {
        const Value& x = v->array()[i];
        if (x.is_number())
            out.push_back(x.number() * scale);
        else
            r.fault(index_path(where, i), x, "must be a number");
    }
    return true;
}

const LawText* find_law(const Value& v, const Reader& r, const std::string& path) {
    const Value* name = v.find("dist");
    if (!name && v.find("values")) return &laws[4];
    std::vector<std::string> names;
    for (const LawText& l : laws) names.emplace_back(l.name);
    if (!name || !name->is_text()) {
        r.fault(path, name ? *name : v, "needs dist, the name of a law", suggest("", names));
        return nullptr;
    }
    for (const LawText& l : laws)
        if (name->text() == l.name) return &l;
    r.note(join_path(path, "dist"), *name);
    r.fault(join_path(path, "dist"), *name, "is no law", suggest(name->text(), names));
    return nullptr;
}

void read(void* m, const Value& v, const Field& f, const Reader& r, const std::string& path) {
    Dist& out = *static_cast<Dist*>(m);
    if (v.is_number()) {
        out = Dist::constant(v.number() * f.scale);
        return;
    }
    if (!v.is_table()) {
        r.fault(path, v, "must be a number or a law",
                "write it like 6 or { dist = \"normal\", mean = 6, sd = 1 }");
        return;
    }
    const LawText* law = find_law(v, r, path);
    if (!law) return;
    Dist d;
    d.law = law->law;
    for (const auto& [key, x] : v.table()) {
        const auto known = key_list(*law);
        if (std::find(known.begin(), known.end(), key) == known.end())
            r.fault(join_path(path, key), x, std::string("is no key of a ") + law->name + " law",
                    suggest(key, known));
    }
    for (const Part& p : law->needs)
        if (!read_part(v, p, f, r, path, d))
            r.fault(join_path(path, p.key), v,
                    std::string("is missing: a ") + law->name + " law needs it",
                    "its keys: " + law_keys(*law));
    for (const Part& p : clip_parts) read_part(v, p, f, r, path, d);
    if (law->law == Dist::Law::discrete &&
        (!read_numbers(v, "values", f.scale, r, path, d.values) ||
         !read_numbers(v, "p", 1.0, r, path, d.p)))
        r.fault(path, v, "needs values and p", "write it like { values = [1, 2], p = [0.5, 0.5] }");
    out = d;
}

Value scaled(double x, double scale) {
    Field f{};
    f.scale = scale;
    return number_codec.write(&x, f);
}

Value write(const void* m, const Field& f) {
    const Dist& d = *static_cast<const Dist*>(m);
    const bool clipped = std::isfinite(d.min) || std::isfinite(d.max);
    if (d.law == Dist::Law::constant && !clipped) return scaled(d.value, f.scale);
    const LawText& law = laws[static_cast<std::size_t>(d.law)];
    Value t = Table{};
    if (d.law == Dist::Law::discrete) {
        Array values, p;
        for (const double x : d.values) values.push_back(scaled(x, f.scale));
        for (const double x : d.p) p.push_back(scaled(x, 1));
        t.put("values", values);
        t.put("p", p);
    } else {
        t.put("dist", law.name);
    }
    for (const Part& p : law.needs) t.put(p.key, scaled(d.*p.member, part_scale(p, f.scale)));
    for (const Part& p : clip_parts)
        if (std::isfinite(d.*p.member)) t.put(p.key, scaled(d.*p.member, f.scale));
    return t;
}

/// The range of the field holds for the values that every draw can take: constants, ends, the clip.
void numbers(const void* m, std::vector<double>& out) {
    const Dist& d = *static_cast<const Dist*>(m);
    const auto clip = [&](double x) { return x < d.min ? d.min : (x > d.max ? d.max : x); };
    switch (d.law) {
        case Dist::Law::constant:
            out.push_back(clip(d.value));
            break;
        case Dist::Law::uniform:
            out.push_back(clip(d.low));
            out.push_back(clip(d.high));
            break;
        case Dist::Law::normal:
        case Dist::Law::lognormal:
            out.push_back(clip(d.mean));
            break;
        case Dist::Law::discrete:
            for (const double x : d.values) out.push_back(clip(x));
    }
}

}  // namespace

const Codec dist_codec{"dist", read, write, numbers};

}  // namespace gridflock::inline v0::scenario
