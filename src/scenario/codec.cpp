// SPDX-License-Identifier: Apache-2.0
#include "scenario/codec.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cmath>

namespace gridflock::inline v0::scenario {

namespace {

template <class T>
T& as(void* m) {
    return *static_cast<T*>(m);
}
template <class T>
const T& as(const void* m) {
    return *static_cast<const T*>(m);
}

/// The shortest decimal in the key's unit that reads back as exactly the SI value.
Value in_unit(double si, double scale) {
    double best = si / scale;
    for (int digits = 15; digits <= 17 && std::isfinite(best); ++digits) {
        char buffer[40];
        std::snprintf(buffer, sizeof buffer, "%.*g", digits, si / scale);
        double x = 0;
        std::from_chars(buffer, buffer + sizeof buffer, x);
        for (const double candidate :
             {x, std::nextafter(x, INFINITY), std::nextafter(x, -INFINITY)})
            if (candidate * scale == si) return whole_or_number(candidate);
    }
    return whole_or_number(best);
}

bool read_number(const Value& v, const Field& f, const Reader& r, const std::string& path,
                 double& out) {
    if (!v.is_number()) {
        const std::string unit = *f.unit ? std::string(" in ") + f.unit : "";
        r.fault(path, v, "must be a number" + unit, v.is_text() ? "write it without quotes" : "");
        return false;
    }
    out = v.number() * f.scale;
    return true;
}

bool read_text(const Value& v, const Reader& r, const std::string& path, std::string& out,
               const char* rule = "must be text in quotes") {
    if (!v.is_text()) {
        r.fault(path, v, rule, v.is_table() || v.is_array() ? "" : "write \"" + to_text(v) + "\"");
        return false;
    }
    out = v.text();
    return true;
}

/// Whole numbers of a type; the range of the field is checked later, that of the type here.
bool read_whole(const Value& v, const Reader& r, const std::string& path, std::int64_t low,
                std::int64_t high, std::int64_t& out) {
    if (v.is_integer()) {
        out = v.integer();
    } else if (v.is_number() && v.number() == std::floor(v.number()) &&
               std::abs(v.number()) < 9e15) {
        out = static_cast<std::int64_t>(v.number());
    } else {
        r.fault(path, v, "must be a whole number");
        return false;
    }
    if (out >= low && out <= high) return true;
    r.fault(path, v, "must be between " + std::to_string(low) + " and " + std::to_string(high));
    return false;
}

// --- plain types -------------------------------------------------------------------------------

void bool_read(void* m, const Value& v, const Field&, const Reader& r, const std::string& path) {
    if (v.is_boolean())
        as<bool>(m) = v.boolean();
    else
        r.fault(path, v, "must be true or false");
}
Value bool_write(const void* m, const Field&) {
    return as<bool>(m);
}

void int_read(void* m, const Value& v, const Field&, const Reader& r, const std::string& path) {
    std::int64_t x = 0;
    if (read_whole(v, r, path, -2147483648LL, 2147483647LL, x)) as<int>(m) = static_cast<int>(x);
}
Value int_write(const void* m, const Field&) {
    return as<int>(m);
}
void int_numbers(const void* m, std::vector<double>& out) {
    out.push_back(as<int>(m));
}

void seed_read(void* m, const Value& v, const Field&, const Reader& r, const std::string& path) {
    std::int64_t x = 0;
    if (read_whole(v, r, path, 0, 9223372036854775807LL, x))
        as<std::uint64_t>(m) = static_cast<std::uint64_t>(x);
}
Value seed_write(const void* m, const Field&) {
    return static_cast<std::int64_t>(as<std::uint64_t>(m));
}

void number_read(void* m, const Value& v, const Field& f, const Reader& r,
                 const std::string& path) {
    read_number(v, f, r, path, as<double>(m));
}
Value number_write(const void* m, const Field& f) {
    return in_unit(as<double>(m), f.scale);
}
void number_numbers(const void* m, std::vector<double>& out) {
    out.push_back(as<double>(m));
}

using MaybeNumber = std::optional<double>;
void optional_read(void* m, const Value& v, const Field& f, const Reader& r,
                   const std::string& path) {
    double x = 0;
    if (v.is_none())
        as<MaybeNumber>(m).reset();
    else if (read_number(v, f, r, path, x))
        as<MaybeNumber>(m) = x;
}
Value optional_write(const void* m, const Field& f) {
    const MaybeNumber& x = as<MaybeNumber>(m);
    return x ? in_unit(*x, f.scale) : Value();
}
void optional_numbers(const void* m, std::vector<double>& out) {
    if (as<MaybeNumber>(m)) out.push_back(*as<MaybeNumber>(m));
}

void text_read(void* m, const Value& v, const Field&, const Reader& r, const std::string& path) {
    read_text(v, r, path, as<std::string>(m));
}
Value text_write(const void* m, const Field&) {
    return as<std::string>(m);
}

// --- times -------------------------------------------------------------------------------------

void duration_read(void* m, const Value& v, const Field&, const Reader& r,
                   const std::string& path) {
    if (!v.is_text()) {
        r.fault(path, v, "must be a duration in quotes, like \"5 min\"",
                v.is_number()
                    ? "give the unit: \"" + to_text(v) + " s\" or \"" + to_text(v) + " min\""
                    : "");
        return;
    }
    try {
        as<Duration>(m) = parse_duration(v.text());
    } catch (const Error&) {
        r.fault(path, v, "is no duration", "write it like \"5 min\"; units: ms, s, min, h, day");
    }
}
Value duration_write(const void* m, const Field&) {
    return to_text(as<Duration>(m));
}
void duration_numbers(const void* m, std::vector<double>& out) {
    out.push_back(as<Duration>(m).seconds());
}

void clock_read(void* m, const Value& v, const Field&, const Reader& r, const std::string& path) {
    try {
        if (!v.is_text()) throw Error("");
        as<ClockTime>(m) = parse_clock_time(v.text());
    } catch (const Error&) {
        r.fault(path, v, "is no clock time", "write it like \"22:15\" or \"D-1 09:30\"");
    }
}
Value clock_write(const void* m, const Field&) {
    return to_text(as<ClockTime>(m));
}

bool read_civil(const Value& v, const Reader& r, const std::string& path, Civil& out) {
    const std::string rule = "is no date and time";
    if (!v.is_text()) {
        r.fault(path, v, rule, "write it like 2024-07-15T18:20:00");
        return false;
    }
    std::string text = v.text();
    const std::size_t t = text.find('T');
    const bool has_offset =
        !text.empty() && (text.back() == 'Z' || (t != std::string::npos &&
                                                 text.find_first_of("+-", t) != std::string::npos));
    if (has_offset) {
        r.fault(path, v, "is wall time in time.zone and takes no offset",
                "write it like 2024-07-15T18:20:00");
        return false;
    }
    try {
        out = parse_civil(text);
        return true;
    } catch (const Error&) {
        r.fault(path, v, rule, "write it like 2024-07-15T18:20:00");
        return false;
    }
}
Value civil_text(const Civil& c) {
    std::string s = iso8601(to_utc(c));
    s.pop_back();  // wall time has no Z
    return s;
}
void civil_read(void* m, const Value& v, const Field&, const Reader& r, const std::string& path) {
    read_civil(v, r, path, as<Civil>(m));
}
Value civil_write(const void* m, const Field&) {
    return civil_text(as<Civil>(m));
}

using MaybeCivil = std::optional<Civil>;
void optional_civil_read(void* m, const Value& v, const Field&, const Reader& r,
                         const std::string& path) {
    Civil c;
    if (v.is_none())
        as<MaybeCivil>(m).reset();
    else if (read_civil(v, r, path, c))
        as<MaybeCivil>(m) = c;
}
Value optional_civil_write(const void* m, const Field&) {
    const MaybeCivil& c = as<MaybeCivil>(m);
    return c ? civil_text(*c) : Value();
}

// --- lists -------------------------------------------------------------------------------------

bool read_numbers(const Value& v, const Reader& r, const std::string& path, double scale,
                  std::vector<double>& out) {
    if (!v.is_array()) {
        if (!v.is_number()) {
            r.fault(path, v, "must be a list of numbers", "write it like [1, 2, 3]");
            return false;
        }
        out = {v.number() * scale};
        return true;
    }
    std::vector<double> list;
    bool good = true;
    for (std::size_t i = 0; i < v.array().size(); ++i) {
        const Value& x = v.array()[i];
        r.note(index_path(path, i), x);
        if (x.is_number()) {
            list.push_back(x.number() * scale);
        } else {
            r.fault(index_path(path, i), x, "must be a number");
            good = false;
        }
    }
    if (good) out = std::move(list);
    return good;
}
Value write_numbers(const std::vector<double>& list, double scale) {
    Array items;
    for (const double x : list) items.push_back(in_unit(x, scale));
    return items;
}
void numbers_read(void* m, const Value& v, const Field& f, const Reader& r,
                  const std::string& path) {
    read_numbers(v, r, path, f.scale, as<std::vector<double>>(m));
}
Value numbers_write(const void* m, const Field& f) {
    return write_numbers(as<std::vector<double>>(m), f.scale);
}
void numbers_numbers(const void* m, std::vector<double>& out) {
    const auto& list = as<std::vector<double>>(m);
    out.insert(out.end(), list.begin(), list.end());
}

bool read_texts(const Value& v, const Reader& r, const std::string& path,
                std::vector<std::string>& out) {
    if (v.is_text()) {
        out = {v.text()};
        return true;
    }
    if (!v.is_array()) {
        r.fault(path, v, "must be text or a list of texts", "write it like [\"a\", \"b\"]");
        return false;
    }
    std::vector<std::string> list(v.array().size());
    bool good = true;
    for (std::size_t i = 0; i < list.size(); ++i) {
        r.note(index_path(path, i), v.array()[i]);
        good = read_text(v.array()[i], r, index_path(path, i), list[i]) && good;
    }
    if (good) out = std::move(list);
    return good;
}
Value write_texts(const std::vector<std::string>& list) {
    return Array(list.begin(), list.end());
}
void texts_read(void* m, const Value& v, const Field&, const Reader& r, const std::string& path) {
    read_texts(v, r, path, as<std::vector<std::string>>(m));
}
Value texts_write(const void* m, const Field&) {
    return write_texts(as<std::vector<std::string>>(m));
}

// --- small descriptions ------------------------------------------------------------------------

void behind_read(void* m, const Value& v, const Field&, const Reader& r, const std::string& path) {
    Behind b;
    if (v.is_none()) {
        as<Behind>(m) = b;
        return;
    }
    if (v.is_text()) {
        b.fleet = v.text();
    } else if (v.is_table() && v.table().size() == 1) {
        b.fleet = v.table()[0].first;
        const Value& x = v.table()[0].second;
        const std::string where = join_path(path, b.fleet);
        r.note(where, x);
        if (!x.is_number()) {
            r.fault(where, x, "must be the share of its sites, 0 to 1");
            return;
        }
        b.share = x.number();
    } else {
        r.fault(path, v, "must name one fleet and the share of its sites",
                "write it like { homes = 0.4 }, or \"homes\" and give count");
        return;
    }
    as<Behind>(m) = b;
}
Value behind_write(const void* m, const Field&) {
    const Behind& b = as<Behind>(m);
    if (b.fleet.empty()) return {};
    if (b.share == 1) return b.fleet;
    return Table{{b.fleet, b.share}};
}

void sites_read(void* m, const Value& v, const Field&, const Reader& r, const std::string& path) {
    Sites s;
    if (v.is_none()) {
        as<Sites>(m) = s;
        return;
    }
    if (v.is_integer()) {
        if (v.integer() < 1 || v.integer() > 2147483647LL) {
            r.fault(path, v, "must be a number of sites, at least 1, or a list of units",
                    "write it like 40 or [\"batteries/3\"]");
            return;
        }
        s.count = static_cast<int>(v.integer());
    } else if (!read_texts(v, r, path, s.names)) {
        return;
    }
    as<Sites>(m) = s;
}
Value sites_write(const void* m, const Field&) {
    const Sites& s = as<Sites>(m);
    if (!s.names.empty()) return write_texts(s.names);
    return s.count ? Value(s.count) : Value();
}

using Shapes = std::map<std::string, std::vector<double>>;
void shapes_read(void* m, const Value& v, const Field&, const Reader& r, const std::string& path) {
    if (!v.is_table()) {
        r.fault(path, v, "must be a table of lists", "write name = [0.4, 0.5, ...] below [shapes]");
        return;
    }
    for (const auto& [name, list] : v.table()) {
        r.note(join_path(path, name), list);
        read_numbers(list, r, join_path(path, name), 1, as<Shapes>(m)[name]);
    }
}
Value shapes_write(const void* m, const Field&) {
    Table t;
    for (const auto& [name, list] : as<Shapes>(m)) t.emplace_back(name, write_numbers(list, 1));
    return t;
}

void note_tree(const Reader& r, const std::string& path, const Value& v) {
    r.note(path, v);
    if (v.is_table())
        for (const auto& [key, x] : v.table()) note_tree(r, join_path(path, key), x);
}

/// Replaces a free table, or, where names may stand for lists, sets the keys given; none removes.
void merge(Table& table, const Table& given, const Reader& r) {
    if (!r.by_name) table.clear();
    for (const auto& [key, x] : given) {
        const auto old = std::find_if(table.begin(), table.end(),
                                      [&k = key](const auto& e) { return e.first == k; });
        if (x.is_none()) {
            if (old != table.end()) table.erase(old);
        } else if (old == table.end()) {
            table.emplace_back(key, x);
        } else {
            old->second = x;
        }
    }
}

void table_read(void* m, const Value& v, const Field&, const Reader& r, const std::string& path) {
    if (!v.is_table()) {
        r.fault(path, v, "must be a table", "write it like { name = 1 }");
        return;
    }
    note_tree(r, path, v);
    merge(as<Table>(m), v.table(), r);
}
Value table_write(const void* m, const Field&) {
    return as<Table>(m);
}

void variants_read(void* m, const Value& v, const Field&, const Reader& r,
                   const std::string& path) {
    if (!v.is_table()) {
        r.fault(path, v, "must be a table of variants", "write [variants.name]");
        return;
    }
    auto& list = as<std::vector<Variant>>(m);
    for (const auto& [name, overrides] : v.table()) {
        note_tree(r, join_path(path, name), overrides);
        if (!overrides.is_table()) {
            r.fault(join_path(path, name), overrides, "must be a table of overrides",
                    "write it like { dispatch = false }");
            continue;
        }
        const auto old = std::find_if(list.begin(), list.end(),
                                      [&n = name](const Variant& x) { return x.name == n; });
        if (old == list.end())
            list.push_back({name, overrides.table()});
        else
            merge(old->overrides, overrides.table(), r);
    }
}
Value variants_write(const void* m, const Field&) {
    Table t;
    for (const Variant& v : as<std::vector<Variant>>(m)) t.emplace_back(v.name, v.overrides);
    return t;
}

}  // namespace

const Codec boolean_codec{"boolean", bool_read, bool_write};
const Codec integer_codec{"integer", int_read, int_write, int_numbers};
const Codec seed_codec{"integer", seed_read, seed_write};
const Codec number_codec{"number", number_read, number_write, number_numbers};
const Codec optional_number_codec{"number", optional_read, optional_write, optional_numbers};
const Codec text_codec{"text", text_read, text_write};
const Codec duration_codec{"duration", duration_read, duration_write, duration_numbers};
const Codec clock_codec{"clock time", clock_read, clock_write};
const Codec civil_codec{"date-time", civil_read, civil_write};
const Codec optional_civil_codec{"date-time", optional_civil_read, optional_civil_write};
const Codec numbers_codec{"list of numbers", numbers_read, numbers_write, numbers_numbers};
const Codec texts_codec{"list of texts", texts_read, texts_write};
const Codec behind_codec{"text or table", behind_read, behind_write};
const Codec sites_codec{"integer or list of texts", sites_read, sites_write};
const Codec shapes_codec{"table of lists", shapes_read, shapes_write};
const Codec table_codec{"table", table_read, table_write};
const Codec variants_codec{"table of tables", variants_read, variants_write};

/// A list of structs: an array of tables replaces it; where names may stand for a list (variants,
/// `--set`), a table merges into the entries of that name or number.
void read_list(const Schema& element, const Value& v, const Reader& r, const std::string& path,
               void* (*append)(void*), void (*clear)(void*), const Codec& codec, void* member) {
    if (v.is_table() && r.by_name) {
        for (const auto& [name, entry] : v.table()) {
            const int i = find_element(element, codec, member, name);
            if (i < 0) {
                r.fault(join_path(path, name), entry, "there is no such entry",
                        suggest_element(element, codec, member, name));
                continue;
            }
            const auto at = static_cast<std::size_t>(i);
            read_struct(element, codec.at(member, at), entry, r, index_path(path, at));
        }
        return;
    }
    if (!v.is_array()) {
        r.fault(
            path, v, "must be a list of tables",
            v.is_table() ? "write [[" + path + "]] with two brackets" : "write [[" + path + "]]");
        return;
    }
    clear(member);
    Reader whole = r;  // entries of their own: nothing is merged into them, all keys are theirs
    whole.by_name = false;
    for (std::size_t i = 0; i < v.array().size(); ++i)
        read_struct(element, append(member), v.array()[i], whole, index_path(path, i));
}

int find_element(const Schema& element, const Codec& codec, void* member, const std::string& name) {
    const std::size_t n = codec.size(member);
    std::size_t index = 0;
    const char* end = name.data() + name.size();
    const auto number = std::from_chars(name.data(), end, index);
    if (number.ec == std::errc{} && number.ptr == end)
        return index < n ? static_cast<int>(index) : -1;
    const Field* f = element.find("name");
    for (std::size_t i = 0; f && i < n; ++i)
        if (as<std::string>(f->member(codec.at(member, i))) == name) return static_cast<int>(i);
    return -1;
}

std::string suggest_element(const Schema& element, const Codec& codec, void* member,
                            const std::string& name) {
    std::vector<std::string> names;
    const Field* f = element.find("name");
    for (std::size_t i = 0; i < codec.size(member); ++i)
        names.push_back(f ? as<std::string>(f->member(codec.at(member, i))) : std::to_string(i));
    if (names.empty()) return "the list is empty";
    return suggest(name, names);
}

Value whole_or_number(double x) {
    if (x == std::floor(x) && std::abs(x) < 1e15) return static_cast<std::int64_t>(x);
    return x;
}

}  // namespace gridflock::inline v0::scenario
