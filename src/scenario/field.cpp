// SPDX-License-Identifier: Apache-2.0
#include <gridflock/scenario/field.hpp>

#include "scenario/codec.hpp"

#include <cmath>

namespace gridflock::inline v0::scenario {

std::string to_text(const Range& r) {
    const bool low = std::isfinite(r.min), high = std::isfinite(r.max);
    if (low && high && r.min == r.max) return number_text(r.min);
    if (low && high)
        return r.open_min ? "> " + number_text(r.min) + " and <= " + number_text(r.max)
                          : number_text(r.min) + " to " + number_text(r.max);
    if (low) return (r.open_min ? "> " : ">= ") + number_text(r.min);
    if (high) return "<= " + number_text(r.max);
    return "";
}

Place Reader::place(const std::string& path, const Value& v) const {
    if (v.line < 0) return {"--set", 0, path};
    return {v.line > 0 ? file : "", v.line, path};
}

void Reader::note(const std::string& path, const Value& v) const {
    if (!places) return;
    if (v.is_table() && v.line == 0) return;  // its keys say where they come from
    if (v.is_array())                         // what the list held before is gone
        places->erase(places->lower_bound(path + "["), places->lower_bound(path + "\\"));
    (*places)[path] = place(path, v);
}

void Reader::fault(const std::string& path, const Value& v, std::string rule,
                   std::string remedy) const {
    const bool is_big = v.is_table() || v.is_none() || (v.is_array() && to_text(v).size() > 60);
    faults->push_back(
        {place(path, v), is_big ? "" : to_text(v), std::move(rule), std::move(remedy)});
}

namespace {
Value at_line(int line) {
    Value v;
    v.line = line;
    return v;
}
}  // namespace

const Field* Schema::find(const std::string& key) const {
    for (const Field& f : fields)
        if (key == f.key) return &f;
    return nullptr;
}

std::vector<std::string> Schema::keys() const {
    std::vector<std::string> names;
    for (const Field& f : fields) names.emplace_back(f.key);
    return names;
}

void read_struct(const Schema& s, void* object, const Value& tree, const Reader& r,
                 const std::string& path) {
    r.note(path, tree);
    if (!tree.is_table()) {
        if (s.shorthand && s.shorthand(object, tree)) return;
        r.fault(path, tree, s.shorthand ? s.shorthand_rule : "must be a table",
                tree.is_array() ? "write [" + path + "] with one bracket" : "");
        return;
    }
    for (const auto& [key, v] : tree.table()) {
        const std::string where = join_path(path, key);
        const Field* f = s.find(key);
        if (!f) {
            r.fault(where, v, "unknown key", suggest(key, s.keys()));
            continue;
        }
        r.note(where, v);
        const bool to_default = v.is_none() && !f->is_section();
        const Value fallback =
            to_default ? f->codec->write(f->member_of(s.defaults()), *f) : Value();
        f->codec->read(f->member(object), to_default ? fallback : v, *f, r, where);
    }
    for (const Field& f : s.fields)
        if (f.required && !r.by_name && !tree.find(f.key))
            r.fault(join_path(path, f.key), at_line(tree.line), "is missing", f.doc);
}

Value write_struct(const Schema& s, const void* object, bool all) {
    Value tree;
    for (const Field& f : s.fields) {
        Value v = f.codec->write(f.member_of(object), f);
        if (v.is_none()) continue;
        const bool nested = f.is_section() || f.is_list();
        const bool is_default = v == f.codec->write(f.member_of(s.defaults()), f);
        if (is_default && !f.required && (nested || !all)) continue;
        if (f.is_section() && all) v = write_struct(*f.codec->schema(), f.member_of(object), true);
        tree.put(f.key, std::move(v));
    }
    return tree;
}

namespace {

std::string remedy(const Schema& s, const Field& f) {
    const Value v = f.codec->write(f.member_of(s.defaults()), f);
    const bool is_plain = !v.is_none() && !v.is_table() && !v.is_array();
    return is_plain ? "the default is " + to_text(v) : std::string(f.doc);
}

void check_numbers(const Schema& s, const Field& f, const void* object, const std::string& path,
                   const PlaceOf& place_of, std::vector<Fault>& faults) {
    if (!f.codec->numbers) return;
    std::vector<double> list;
    f.codec->numbers(f.member_of(object), list);
    const bool is_list = f.codec == &numbers_codec;
    const std::string unit = *f.unit ? std::string(" ") + f.unit : "";
    for (std::size_t i = 0; i < list.size(); ++i) {
        const double low = f.range.min * f.scale, high = f.range.max * f.scale;
        const bool inside = f.range.open_min ? list[i] > low : list[i] >= low;
        if (std::isfinite(list[i]) && inside && list[i] <= high) continue;
        const std::string where = is_list && list.size() > 1 ? index_path(path, i) : path;
        const std::string allowed = to_text(f.range);
        const Value now = f.codec->write(f.member_of(object), f);
        const Value found = is_list ? whole_or_number(list[i] / f.scale) : now;
        faults.push_back({place_of(where), to_text(found),
                          !std::isfinite(list[i]) || allowed.empty()
                              ? "must be a finite number" + unit
                              : "must be " + allowed + unit,
                          remedy(s, f)});
    }
}

void check_words(const Field& f, const void* object, const std::string& path,
                 const PlaceOf& place_of, std::vector<Fault>& faults);

/// A figure's numbers lie in the range of the field that holds it, in the field's unit.
void check_figure(const Field& f, const Figure& figure, const std::string& path,
                  const PlaceOf& place_of, std::vector<Fault>& faults) {
    for (const Field& inner : figure_fields().fields)
        check_words(inner, &figure, join_path(path, inner.key), place_of, faults);
    if (figure.unit != f.unit)
        faults.push_back({place_of(path + ".unit"), to_text(Value(figure.unit)),
                          std::string("must be \"") + f.unit + "\"",
                          "convert the value and write that unit"});
    if (figure.value.empty())
        faults.push_back({place_of(path + ".value"), "", "has no number", f.doc});
    for (const double x : figure.value) {
        const bool inside = f.range.open_min ? x > f.range.min : x >= f.range.min;
        if (std::isfinite(x) && inside && x <= f.range.max) continue;
        const std::string allowed = std::isfinite(x) ? to_text(f.range) : "a finite number";
        faults.push_back({place_of(path + ".value"), number_text(x), "must be " + allowed, f.doc});
    }
}

void check_words(const Field& f, const void* object, const std::string& path,
                 const PlaceOf& place_of, std::vector<Fault>& faults) {
    if (f.choices.empty()) return;
    const Value v = f.codec->write(f.member_of(object), f);
    const std::vector<std::string> words(f.choices.begin(), f.choices.end());
    for (const std::string& w : words)
        if (v == Value(w)) return;
    faults.push_back({place_of(path), to_text(v), "is not one of its words",
                      suggest(v.is_text() ? v.text() : "", words)});
}

}  // namespace

void check_struct(const Schema& s, const void* object, const std::string& path,
                  const PlaceOf& place_of, std::vector<Fault>& faults) {
    for (const Field& f : s.fields) {
        const std::string where = join_path(path, f.key);
        if (f.is_section() && f.codec->schema() == &figure_fields()) {
            check_figure(f, *static_cast<const Figure*>(f.member_of(object)), where, place_of,
                         faults);
        } else if (f.is_section()) {
            check_struct(*f.codec->schema(), f.member_of(object), where, place_of, faults);
        } else if (f.is_list()) {
            void* list = const_cast<void*>(f.member_of(object));
            for (std::size_t i = 0; i < f.codec->size(list); ++i)
                check_struct(*f.codec->schema(), f.codec->at(list, i), index_path(where, i),
                             place_of, faults);
        } else {
            check_numbers(s, f, object, where, place_of, faults);
            check_words(f, object, where, place_of, faults);
        }
    }
}

}  // namespace gridflock::inline v0::scenario
